import { setTimeout as delay } from 'node:timers/promises';

/** What was left unused for so long may still be used: timers and sockets are never on time. */
const creditMs = 100;

/** Bytes a second at most, over all who pass by it together. */
export class Pace {
  #limit: number | undefined;
  /** When all that was let pass will have passed at this pace. */
  #passedAt = 0;
  #changed = new AbortController();

  constructor(limit: number | undefined) {
    this.#limit = limit;
  }

  /** In bytes a second; nothing where there is none. A change holds at once, for those who wait too. */
  get limit(): number | undefined {
    return this.#limit;
  }

  set limit(limit: number | undefined) {
    this.#limit = limit;
    this.#passedAt = 0;
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Waits until these bytes may have passed, but no longer than the signal, or than so many milliseconds at a time. */
  async pass(bytes: number, signal: AbortSignal, longestMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#limit === undefined) return;
    const now = performance.now();
    this.#passedAt = Math.max(this.#passedAt, now - creditMs) + (bytes / this.#limit) * 1_000;
    const wait = Math.min(this.#passedAt - now, longestMs);
    if (wait <= 0) return;
    const until = AbortSignal.any([signal, this.#changed.signal]);
    await delay(wait, undefined, { signal: until }).catch(() => undefined);
  }
}
