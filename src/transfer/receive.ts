import type { Engine } from '../engine/port.js';
import { P2pimgError } from '../error.js';
import type { Digest } from '../image/digest.js';
import { type HeldLayer, type ImageDescription, missingBlobs } from '../image/image.js';
import type { Reference } from '../image/reference.js';
import type { Asked } from './ask.js';
import { type Connected, connect, type Progress, type Search } from './connect.js';
import { AnotherForm, IncomingBlobs } from './incoming.js';
import type { Source, Sources } from './source.js';

/** What a receiver needs of its engine. */
export type Importer = Pick<Engine, 'hold' | 'import' | 'tag'>;

/** What is here already and what must come, in bytes; `exact` is false where the source's engine only estimates. */
export interface Plan {
  readonly layersHere: number;
  readonly bytesHere: number;
  readonly bytesToGo: number;
  readonly exact: boolean;
}

/** The stages of a transfer, as they come. */
export interface Watcher extends Progress {
  offered(connected: Connected): void;
  /** `wire` tells at any time how many bytes crossed the network. */
  planned(image: ImageDescription, plan: Plan, wire: () => number): void;
  /** All blobs arrived, and the engine is at work. */
  loading(): void;
}

/** What a transfer came to. */
export interface Received {
  readonly image: ImageDescription;
  /** The receiver's engine's ID of it. */
  readonly id: Digest;
  readonly source: Source;
  readonly wire: number;
  readonly reused: number;
  readonly replaced: Digest | undefined;
}

/** Other sources may have the image in other blobs, so that an import begins anew; but not for ever. */
const maximumAttempts = 8;

/** Gets one image: offer, want, blobs, import, proof, and at last its name. If anything fails, the name stays as it was. */
export async function receive(
  engine: Importer,
  sources: Sources,
  asked: Asked,
  reference: Reference | undefined,
  search: Search,
  watcher: Watcher,
): Promise<Received> {
  let connected = await connect(sources, search, asked, watcher);
  watcher.offered(connected);
  for (let attempt = 1; ; attempt++) {
    try {
      const imported = await importOnce(engine, sources, connected, search, watcher);
      const replaced = reference === undefined ? undefined : await engine.tag(imported.id, reference);
      return { ...imported, replaced };
    } catch (error) {
      if (!(error instanceof AnotherForm) || attempt === maximumAttempts) throw error;
      connected = error.connected;
    }
  }
}

async function importOnce(
  engine: Importer,
  sources: Sources,
  connected: Connected,
  search: Search,
  watcher: Watcher,
): Promise<Omit<Received, 'replaced'>> {
  const { image } = connected;
  const holding = await engine.hold(image, search.signal);
  try {
    const plan = planOf(image, holding.layers);
    const wanted = missingBlobs(image, holding.layers);
    const blobs = new IncomingBlobs(connected, wanted, sources, search, watcher);
    watcher.planned(image, plan, () => blobs.wire);
    const incoming = endingWith(blobs, () => watcher.loading());
    const id = await engine.import(image, holding.layers, incoming, search.signal);
    return { image, id, source: blobs.source, wire: blobs.wire, reused: plan.bytesHere };
  } catch (error) {
    throw error instanceof P2pimgError ? error.with({ image: search.name }) : error;
  } finally {
    await holding.release();
  }
}

async function* endingWith<T>(items: AsyncIterable<T>, atEnd: () => void): AsyncGenerator<T> {
  yield* items;
  atEnd();
}

/** Where layers' sizes are unknown, the image's size is taken to be spread evenly over them. */
function planOf({ layers, size }: ImageDescription, held: ReadonlyMap<Digest, HeldLayer>): Plan {
  const exact = layers.every((layer) => layer.size !== undefined);
  const here = layers.filter(({ diffId }) => held.has(diffId));
  const bytesHere = exact
    ? here.reduce((sum, layer) => sum + (layer.size ?? 0), 0)
    : Math.round((size * here.length) / Math.max(1, layers.length));
  return { layersHere: here.length, bytesHere, bytesToGo: size - bytesHere, exact };
}
