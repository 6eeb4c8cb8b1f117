import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { verified } from '../../../archive/verify.js';
import type { BlobStream } from '../../../image/blob.js';
import { type Digest, digestFromHex, digestOf } from '../../../image/digest.js';
import { type ImageDescription, missingBlobs } from '../../../image/image.js';
import { parseManifest } from '../../../image/manifest.js';
import { type Loopback, type Pushed, type PushedBlob, pushableOf, pushImage } from './push.js';

/** So much of a push is kept in memory, compressed: a layer's unpacked size, which must go first, is known only at its end. */
const maximumKept = 32 * 1024 * 1024;
/** An image below this size is saved faster than anything could be remembered. */
const worthRemembering = 32 * 1024 * 1024;

/** After an image was given, so long is waited for another transfer of it to begin. */
const restMs = 1_000;

/** A push into nothing that waits, or is under way, and the layers that the engine does not remember before. */
interface Remembering {
  readonly diffIds: ReadonlySet<Digest>;
  readonly done: Promise<void>;
}

/**
 * Small layers out of the classic store, which saves whole images only. Its push compresses every layer that it has not
 * pushed before, and remembers those by the digests that came of it, as long as it is to the same place. So once an image
 * was given, it is pushed into nothing; and of the next one of its family only the new layers are read.
 */
export class ClassicPusher {
  readonly #loopback: Loopback;
  readonly #stop = new AbortController();
  /** Which layer the engine calls by which digest in a push. */
  readonly #diffIds = new Map<Digest, Digest>();
  readonly #remembered = new Set<Digest>();
  readonly #remembering = new Set<Remembering>();

  constructor(loopback: Loopback) {
    this.#loopback = loopback;
  }

  /** The wanted blobs, uncompressed; `undefined` where they are too much, or the engine would push more than them. */
  async read(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): Promise<readonly BlobStream[] | undefined> {
    const left = missingBlobs(image, new Map()).filter((digest) => !wanted.has(digest));
    const isSmall = image.size < maximumKept;
    if (left.length === 0 && !isSmall) return undefined;
    // Not yet: it would push all that it does not remember.
    if ([...this.#remembering].some(({ diffIds }) => left.some((diffId) => diffIds.has(diffId))))
      return undefined;
    const pushed = pushableOf(await this.#loopback.client.inspect(image.id), image.platform);
    if (pushed === undefined) return undefined;
    const until = AbortSignal.any([signal, this.#stop.signal]);
    try {
      const blobs = new Map<Digest, BlobStream>();
      // The first push may tell under which digest the engine remembers a wanted layer, and the second bring it.
      for (let push = 1; push <= 2 && blobs.size < wanted.size; push++)
        await this.#push(pushed, image, wanted, blobs, until);
      const all = [...wanted].map((digest) => blobs.get(digest));
      return all.every((blob) => blob !== undefined) ? all : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  }

  /** Lets the engine push the image into nothing, once, when the receiver has had time to load it. */
  remember(image: ImageDescription): void {
    const waiting = [...this.#remembering].flatMap(({ diffIds }) => [...diffIds]);
    const known = new Set([...this.#remembered, ...waiting]);
    const diffIds = new Set(image.layers.map(({ diffId }) => diffId).filter((diffId) => !known.has(diffId)));
    if (diffIds.size === 0 || image.size < worthRemembering || this.#stop.signal.aborted) return;
    const done = this.#pushAway(image)
      .catch(() => undefined) // then the next one of its family is saved whole
      .finally(() => this.#remembering.delete(remembering));
    const remembering = { diffIds, done };
    this.#remembering.add(remembering);
  }

  /** The engine was away: it may be another one now, that remembers nothing. */
  forget(): void {
    this.#remembered.clear();
    this.#diffIds.clear();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#remembering].map(({ done }) => done));
  }

  async #pushAway(image: ImageDescription): Promise<void> {
    await delay(restMs, undefined, { signal: this.#stop.signal, ref: false });
    const { client } = this.#loopback;
    const pushed = pushableOf(await client.inspect(image.id), image.platform);
    if (pushed === undefined) return;
    const target = {
      has: () => true,
      take: async ({ content }: PushedBlob) => {
        for await (const _ of content) if (this.#stop.signal.aborted) return;
      },
    };
    this.#learn(image, await pushImage(this.#loopback, pushed, target, this.#stop.signal));
  }

  async #push(
    pushed: Pushed,
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    blobs: Map<Digest, BlobStream>,
    signal: AbortSignal,
  ): Promise<void> {
    const tooMuch = new AbortController();
    const kept: Buffer[][] = [];
    let size = 0;
    const target = {
      has: (digest: Digest) => !wanted.has(this.#diffIds.get(digest) ?? digest),
      take: async ({ content }: PushedBlob) => {
        const chunks: Buffer[] = [];
        kept.push(chunks);
        for await (const chunk of content) {
          chunks.push(chunk);
          size += chunk.length;
          if (size > maximumKept) tooMuch.abort();
          tooMuch.signal.throwIfAborted();
        }
      },
    };
    const until = AbortSignal.any([signal, tooMuch.signal]);
    this.#learn(image, await pushImage(this.#loopback, pushed, target, until));
    for (const chunks of kept) {
      const blob = await unpacked(Buffer.concat(chunks), image.configDigest);
      blobs.set(blob.digest, blob);
    }
  }

  /** After a push the engine remembers all layers; the manifest names them in chain order, as the image does. */
  #learn({ layers }: ImageDescription, [stored]: readonly { readonly json: string }[]): void {
    const parsed = parseManifest(stored?.json ?? '');
    if (parsed.type === 'index' || parsed.manifest.layers.length !== layers.length) return;
    for (const [index, { digest }] of parsed.manifest.layers.entries()) {
      const { diffId } = layers[index] as { diffId: Digest };
      this.#diffIds.set(digest, diffId);
      this.#remembered.add(diffId);
    }
  }
}

/** A pushed blob as the image has it: the config as it is, a layer uncompressed. */
async function unpacked(bytes: Buffer, configDigest: Digest): Promise<BlobStream> {
  if (digestOf(bytes) === configDigest)
    return { digest: configDigest, size: bytes.length, offset: 0, content: one(bytes) };
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of gunzip(bytes)) {
    hash.update(chunk);
    size += chunk.length;
  }
  const digest = digestFromHex(hash.digest('hex'));
  return { digest, size, offset: 0, content: verified(gunzip(bytes), digest, size) };
}

function gunzip(bytes: Buffer): AsyncIterable<Buffer> {
  const unpacking = createGunzip();
  unpacking.end(bytes);
  return unpacking;
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
