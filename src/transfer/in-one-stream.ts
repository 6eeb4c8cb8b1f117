import { holdsNothing } from '../engine/port.js';
import type { ErrorCode, P2pimgError } from '../error.js';
import { endingWith } from '../image/blob.js';
import { missingBlobs } from '../image/image.js';
import type { Attempt, Receiver, Way } from './attempt.js';
import type { Connected } from './connect.js';
import { IncomingBlobs } from './incoming.js';
import { planOf, type Received } from './plan.js';
import { checkFree } from './room.js';
import type { Source } from './source.js';

/** Failures that may come from a layer that was left out, and is not here any more after all. */
export const doubtful: ReadonlySet<ErrorCode> = new Set([
  'ENGINE_FAILED',
  'IMPORT_UNPROVED',
  'IMAGE_UNKNOWN',
]);

/** Receives an image in one stream, in the order of the source's engine: works with every engine. */
export class InOneStream implements Attempt {
  readonly #receiver: Receiver;
  readonly #connected: Connected;
  readonly #way: Way;
  readonly #blobs: IncomingBlobs;
  #leftOut = 0;

  constructor(receiver: Receiver, connected: Connected, way: Way) {
    const { sources, search, watcher } = receiver;
    this.#receiver = receiver;
    this.#connected = connected;
    this.#way = way;
    this.#blobs = new IncomingBlobs(connected, sources, search, watcher);
  }

  get source(): Source {
    return this.#blobs.source;
  }

  get doubted(): readonly Source[] {
    return this.#blobs.doubted;
  }

  async run(): Promise<Received> {
    const { engine, reference, offers, search, watcher } = this.#receiver;
    const { image } = this.#connected;
    const trustsNothing = this.#way === 'with every layer';
    const holding = trustsNothing ? holdsNothing : await engine.hold(image, search.signal, offers);
    const { layers } = holding;
    this.#leftOut = layers.size;
    try {
      const plan = planOf(image, layers);
      checkFree(plan.bytesToGo, search.room);
      watcher.planned(image, plan, () => this.#blobs.wire);
      const incoming = endingWith(this.#blobs.wanted(missingBlobs(image, layers)), () => watcher.loading());
      const id = await engine.import(image, layers, incoming, search.signal);
      this.#leftOut = 0; // it is here and proved: what fails now, fails for no lack of a layer
      const replaced = reference === undefined ? undefined : await engine.tag(id, reference);
      const { source, wire } = this.#blobs;
      return { image, id, replaced, source, wire, reused: plan.bytesHere };
    } finally {
      await holding.release();
    }
  }

  giveUp(error: P2pimgError): void {
    this.#blobs.giveUp(error);
  }

  next(code: ErrorCode): Way | undefined {
    return this.#leftOut > 0 && doubtful.has(code) ? 'with every layer' : undefined;
  }
}
