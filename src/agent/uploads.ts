import { EventEmitter } from 'node:events';
import { asP2pimgError } from '../error.js';

/** The uploads under way, at most so many at once; the others wait in the order in which they came. */
export class Uploads {
  readonly events = new EventEmitter<{ changed: [] }>();
  readonly limit: number;
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get active(): number {
    return this.#active;
  }

  /** Waits for a place; the result gives it back, once. */
  async admit(signal: AbortSignal): Promise<() => void> {
    if (this.#active < this.limit) this.#count(1);
    else await this.#wait(signal);
    let release = () => {
      release = () => undefined;
      const next = this.#waiting.shift();
      if (next === undefined) this.#count(-1);
      else next(); // the place passes on
    };
    return () => release();
  }

  #count(change: 1 | -1): void {
    this.#active += change;
    this.events.emit('changed');
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(asP2pimgError(signal.reason));
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      if (signal.aborted) return reject(asP2pimgError(signal.reason));
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }
}
