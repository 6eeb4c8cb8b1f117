import { type Engine, type Holding, holdsNothing } from '../engine/port.js';
import { asP2pimgError, type ErrorCode, P2pimgError } from '../error.js';
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

/** An import may have to begin anew, but not for ever. */
const maximumAttempts = 8;

/** Failures that may come from a layer that was left out, and is not here any more after all. */
export const doubtful: ReadonlySet<ErrorCode> = new Set([
  'ENGINE_FAILED',
  'IMPORT_UNPROVED',
  'IMAGE_UNKNOWN',
]);

/**
 * Gets one image: offer, want, blobs, import, proof, and at last its name. If anything fails, the name stays as it was.
 * The import begins anew where another source has the rest in other blobs, and, once and with every layer, where a layer
 * that was left out is missing after all.
 */
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
  const offers: ImageDescription[] = [];
  let trust: 'what is held' | 'nothing' = 'what is held';
  for (let attempt = 1; ; attempt++) {
    const blobs = new IncomingBlobs(connected, sources, search, watcher);
    let leftOut = 0;
    try {
      const { image } = connected;
      const holding = trust === 'nothing' ? holdsNothing : await engine.hold(image, search.signal, offers);
      leftOut = holding.layers.size;
      try {
        const id = await importOnce(engine, image, holding.layers, blobs, search, watcher);
        leftOut = 0; // it is here and proved: what fails now, fails for no lack of a layer
        const replaced = reference === undefined ? undefined : await engine.tag(id, reference);
        const { bytesHere } = planOf(image, holding.layers);
        return { image, id, source: blobs.source, wire: blobs.wire, reused: bytesHere, replaced };
      } finally {
        await holding.release();
      }
    } catch (error) {
      const failure = error instanceof AnotherForm ? error : asP2pimgError(error);
      blobs.giveUp(asP2pimgError(error));
      const isLast = search.signal.aborted || attempt === maximumAttempts;
      if (failure instanceof AnotherForm) {
        if (isLast) throw named(failure.giveUp(), blobs, search);
        offers.push(connected.image);
        connected = failure.connected;
        watcher.resumed(connected.source);
      } else if (isLast) throw named(error, blobs, search);
      else if (leftOut > 0 && doubtful.has(failure.code)) {
        trust = 'nothing';
        connected = await connect(sources, search, asked, watcher);
      } else throw named(error, blobs, search);
    }
  }
}

/** Only what `receive` would do before the bytes: the offer and the plan. */
export async function preview(
  engine: Importer,
  sources: Sources,
  asked: Asked,
  search: Search,
  watcher: Watcher,
): Promise<void> {
  const connected = await connect(sources, search, asked, watcher);
  try {
    watcher.offered(connected);
    const { image } = connected;
    const holding = await engine.hold(image, search.signal);
    watcher.planned(image, planOf(image, holding.layers), () => connected.channel.bytesReceived);
    await holding.release();
  } finally {
    connected.channel.close();
  }
}

function importOnce(
  engine: Importer,
  image: ImageDescription,
  held: Holding['layers'],
  blobs: IncomingBlobs,
  { signal }: Search,
  watcher: Watcher,
): Promise<Digest> {
  watcher.planned(image, planOf(image, held), () => blobs.wire);
  const incoming = endingWith(blobs.wanted(missingBlobs(image, held)), () => watcher.loading());
  return engine.import(image, held, incoming, signal);
}

/** A failure with the names of the image, and of the peer at the moment. */
function named(error: unknown, blobs: IncomingBlobs, search: Search): unknown {
  return error instanceof P2pimgError
    ? error.with({ peer: blobs.source.peer.name, image: search.name })
    : error;
}

async function* endingWith<T>(items: AsyncIterable<T>, atEnd: () => void): AsyncGenerator<T> {
  yield* items;
  atEnd();
}

/** Where layers' sizes are unknown, the image's size is taken to be spread evenly over them. */
export function planOf({ layers, size }: ImageDescription, held: ReadonlyMap<Digest, HeldLayer>): Plan {
  const exact = layers.every((layer) => layer.size !== undefined);
  const here = layers.filter(({ diffId }) => held.has(diffId));
  const bytesHere = exact
    ? here.reduce((sum, layer) => sum + (layer.size ?? 0), 0)
    : Math.round((size * here.length) / Math.max(1, layers.length));
  return { layersHere: here.length, bytesHere, bytesToGo: size - bytesHere, exact };
}
