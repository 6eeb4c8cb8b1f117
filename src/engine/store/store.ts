import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription, ListedImage } from '../../image/image.js';
import { localPlatform, type Platform } from '../../image/platform.js';
import type { Reference } from '../../image/reference.js';
import type { BlobReader, Engine, EngineEvent, EngineIdentity, Holding, Lane } from '../port.js';
import { describeImage } from './describe.js';
import { layoutEvents } from './events.js';
import { exportBlobs } from './export.js';
import { asStoreError } from './failures.js';
import { holdLayers } from './hold.js';
import { importImage } from './import.js';
import { type Layout, openLayout } from './layout.js';
import { listImages } from './list.js';
import { sweep } from './staging.js';
import { tagImage } from './tag.js';

/**
 * Opens the embedded engine: an OCI image layout in a folder, made where there is none. An image's ID is the digest of
 * its entry in `index.json`: a manifest's, or an index's where it has several platforms. Nothing but what failed
 * imports left is ever deleted. Throws `CONFIG_INVALID` where the folder holds something else.
 */
export async function openStore(folder: string): Promise<Engine> {
  try {
    const layout = await openLayout(folder);
    await sweep(layout);
    return new LayoutStore(layout);
  } catch (error) {
    throw asStoreError(error, folder);
  }
}

class LayoutStore implements Engine {
  readonly #layout: Layout;
  readonly #writes = new EventTarget();
  readonly #working = new Set<AbortController>();
  #closed: P2pimgError | undefined;
  readonly #imports = new Set<Promise<unknown>>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async identify(): Promise<EngineIdentity> {
    const { version, folder } = this.#layout;
    return {
      kind: 'store',
      version,
      store: 'layout',
      address: `layout:${folder}`,
      folder,
      platform: localPlatform(),
    };
  }

  async lane(): Promise<Lane> {
    return { name: 'blobs', why: 'its blobs lie in a folder' };
  }

  list(): Promise<ListedImage[]> {
    return this.#run(listImages(this.#layout));
  }

  describe(id: Digest, platform: Platform, signal: AbortSignal): Promise<ImageDescription> {
    return this.#run(describeImage(this.#layout, id, platform, signal));
  }

  async hold(image: ImageDescription, signal: AbortSignal): Promise<Holding> {
    const layers = await this.#run(holdLayers(this.#layout, image, signal));
    // Nothing here is ever collected, so nothing has to be kept from it.
    return { layers, release: async () => {} };
  }

  async *export(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncGenerator<BlobStream, void> {
    const until = this.#untilClosed(signal);
    try {
      for await (const blob of exportBlobs(this.#layout, image, wanted, until.signal))
        yield { ...blob, content: this.#content(blob.content) };
    } catch (error) {
      throw asStoreError(error, this.#layout.folder);
    } finally {
      until.over();
    }
  }

  async reader(image: ImageDescription): Promise<BlobReader> {
    const over = new AbortController();
    return {
      begin: () => undefined,
      read: async (digest) => {
        const blobs = this.export(image, new Set([digest]), over.signal);
        return (await blobs.next()).value as BlobStream; // it throws for what it has not
      },
      close: async () => over.abort(new P2pimgError('INTERRUPTED', 'the transfer is over')),
    };
  }

  /** Blob by blob would gain nothing here: there is nothing to unpack meanwhile. */
  async puller(): Promise<undefined> {
    return undefined;
  }

  async import(
    image: ImageDescription,
    held: Holding['layers'],
    blobs: AsyncIterable<BlobStream>,
    signal: AbortSignal,
  ): Promise<Digest> {
    const until = this.#untilClosed(signal);
    const importing = this.#run(importImage(this.#layout, image, held, blobs, until.signal));
    this.#imports.add(importing);
    try {
      return await importing;
    } finally {
      until.over();
      this.#imports.delete(importing);
      this.#writes.dispatchEvent(new Event('write'));
    }
  }

  async tag(id: Digest, reference: Reference): Promise<Digest | undefined> {
    const replaced = await this.#run(tagImage(this.#layout, id, reference));
    this.#writes.dispatchEvent(new Event('write'));
    return replaced;
  }

  events(signal: AbortSignal): AsyncIterable<EngineEvent> {
    return layoutEvents(this.#layout, this.#writes, this.#untilClosed(signal).signal);
  }

  async close(): Promise<void> {
    const closed = new P2pimgError('INTERRUPTED', 'the image folder was closed');
    this.#closed = closed;
    for (const work of this.#working) work.abort(closed);
    await Promise.allSettled(this.#imports);
  }

  /** Until the signal, or `close`. Not by `AbortSignal.any`: Node 20 notes each such signal for as long as both live. */
  #untilClosed(signal: AbortSignal): { readonly signal: AbortSignal; over(): void } {
    const work = new AbortController();
    const stop = () => work.abort(signal.reason);
    if (this.#closed !== undefined) work.abort(this.#closed);
    else if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    this.#working.add(work);
    return {
      signal: work.signal,
      over: () => {
        signal.removeEventListener('abort', stop);
        this.#working.delete(work);
      },
    };
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw asStoreError(error, this.#layout.folder);
    }
  }

  async *#content(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* content;
    } catch (error) {
      throw asStoreError(error, this.#layout.folder);
    }
  }
}
