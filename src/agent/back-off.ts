import { BoundedMap } from '../bounded-map.js';
import type { ErrorCode } from '../error.js';

/** Longest wait before an address that failed is dialled again. */
const longestMs = 60_000;
/** The shortest: of one that is not there, and of one that could not prove itself, or is wrong. */
const shortestMs = { lost: 1_000, wrong: 10_000 };
/** So many are remembered; the one that failed longest ago is forgotten first. */
export const maximumBackOffs = 4_000;

/** How long to wait before each peer that failed is dialled again: twice as long each time. */
export class BackOff {
  readonly #now: () => number;
  readonly #failed = new BoundedMap<string, { readonly until: number; readonly ms: number }>(maximumBackOffs);

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#failed.size;
  }

  /** Milliseconds that are left to wait; 0 for one that did not fail. */
  left(key: string): number {
    return Math.max(0, (this.#failed.get(key)?.until ?? 0) - this.#now());
  }

  /** It failed once more; tells how long to wait, in milliseconds. */
  failed(key: string, code: ErrorCode): number {
    const least = code === 'PEER_LOST' ? shortestMs.lost : shortestMs.wrong;
    const ms = Math.min(longestMs, Math.max(least, 2 * (this.#failed.get(key)?.ms ?? 0)));
    this.#failed.set(key, { until: this.#now() + ms, ms });
    return ms;
  }

  /** It answered. */
  forget(key: string): void {
    this.#failed.delete(key);
  }

  clear(): void {
    this.#failed.clear();
  }
}
