import { P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';
import type { Connected } from '../transfer/connect.js';
import type { Plan, Watcher } from '../transfer/plan.js';
import type { Source } from '../transfer/source.js';

/** More than twice an estimate, and this, is no estimate any more. */
const tolerance = 64 * 1024 * 1024;

/** Lets a transfer be followed by another watcher, and stops it where it is larger than its sender said. */
export class Bounded implements Watcher {
  readonly #inner: Watcher;
  readonly #size: number;
  readonly #tooLarge = new AbortController();
  #received = 0;

  /** `size` in bytes, as it was said. */
  constructor(inner: Watcher, size: number) {
    this.#inner = inner;
    this.#size = size;
  }

  /** Aborted with `REFUSED` when it is too large. */
  get signal(): AbortSignal {
    return this.#tooLarge.signal;
  }

  offered(connected: Connected): void {
    if (connected.image.size > this.#size) this.#stop();
    this.#inner.offered(connected);
  }

  preparing(source: Source, what: string): void {
    this.#inner.preparing(source, what);
  }

  planned(image: ImageDescription, plan: Plan, wire: () => number): void {
    this.#inner.planned(image, plan, wire);
  }

  received(bytes: number): void {
    this.#received += bytes;
    if (this.#received > 2 * this.#size + tolerance) this.#stop();
    this.#inner.received(bytes);
  }

  loading(): void {
    this.#inner.loading();
  }

  lost(source: Source, error: P2pimgError): void {
    this.#inner.lost(source, error);
  }

  resumed(source: Source): void {
    this.#inner.resumed(source);
  }

  #stop(): void {
    const reason = 'the image is larger than it was said to be';
    this.#tooLarge.abort(new P2pimgError('REFUSED', reason, { reason }));
  }
}
