import { BoundedMap } from '../bounded-map.js';

const minuteMs = 60_000;
/** So many things are remembered; the one that was told longest ago is forgotten first. */
export const maximumTold = 1_000;

/** Says which things are worth telling: what was told within the last minute is not. So no stranger fills a log. */
export class OnceAMinute {
  readonly #now: () => number;
  readonly #told = new BoundedMap<string, number>(maximumTold);

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this is to be told now; if so, it counts as told. */
  isDue(what: string): boolean {
    const now = this.#now();
    if (now - (this.#told.get(what) ?? Number.NEGATIVE_INFINITY) < minuteMs) return false;
    this.#told.set(what, now);
    return true;
  }
}
