import { EventEmitter } from 'node:events';
import { asP2pimgError } from '../error.js';

/** Hears its place among those who wait, from 1 on, and how many they are. */
export type TellPlace = (place: number, waiting: number) => void;

interface Waiting {
  readonly enter: () => void;
  readonly tell: TellPlace;
}

/** The uploads under way, at most so many at once; the others wait in the order in which they came. */
export class Uploads {
  readonly events = new EventEmitter<{ changed: [] }>();
  #limit: number;
  #active = 0;
  readonly #waiting: Waiting[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    this.events.setMaxListeners(0); // one a peer
  }

  get active(): number {
    return this.#active;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** All three. */
  get counts(): { readonly active: number; readonly limit: number; readonly waiting: number } {
    return { active: this.#active, limit: this.#limit, waiting: this.#waiting.length };
  }

  get limit(): number {
    return this.#limit;
  }

  /** A greater one lets in at once who waits; a smaller one cuts nobody off. */
  set limit(limit: number) {
    this.#limit = limit;
    while (this.#active < limit && this.#waiting.length > 0) {
      this.#active += 1;
      this.#waiting.shift()?.enter();
    }
    this.#tellPlaces();
    this.events.emit('changed');
  }

  /** Waits for a place, and hears meanwhile how many are before it; the result gives it back, once. */
  async admit(signal: AbortSignal, tell: TellPlace = () => undefined): Promise<() => void> {
    if (this.#active < this.#limit) this.#count(1);
    else await this.#wait(signal, tell);
    let release = () => {
      release = () => undefined;
      const next = this.#active > this.#limit ? undefined : this.#waiting.shift();
      if (next === undefined) this.#count(-1);
      else {
        next.enter(); // the place passes on
        this.#tellPlaces();
      }
    };
    return () => release();
  }

  #count(change: 1 | -1): void {
    this.#active += change;
    this.events.emit('changed');
  }

  #wait(signal: AbortSignal, tell: TellPlace): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#tellPlaces();
        reject(asP2pimgError(signal.reason));
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting = { enter, tell };
      if (signal.aborted) return reject(asP2pimgError(signal.reason));
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#tellPlaces();
    });
  }

  #tellPlaces(): void {
    for (const [index, { tell }] of this.#waiting.entries()) tell(index + 1, this.#waiting.length);
  }
}
