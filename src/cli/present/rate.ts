const windowMs = 3000;
/** A longer silence than between two samples of a transfer that runs. */
const stallMs = 500;

/** The rate of what arrives, over the last three seconds. Times are milliseconds, amounts bytes. */
export class SlidingRate {
  readonly #samples: { readonly at: number; readonly amount: number }[] = [];

  /** Notes that so much had arrived by then. */
  add(at: number, amount: number): void {
    const last = this.#samples.at(-1);
    // a restart begins a new window: what came before says nothing about it
    if (last !== undefined && amount < last.amount) this.#samples.length = 0;
    this.#samples.push({ at, amount });
    while ((this.#samples[1]?.at ?? at) <= at - windowMs) this.#samples.shift();
  }

  /** Forgets what was: after a pause the rate begins anew. */
  reset(): void {
    this.#samples.length = 0;
  }

  /** Bytes a second at a time, once two moments are known; it sinks while nothing comes. */
  perSecond(now: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return undefined;
    const until = now - last.at > stallMs ? now : last.at;
    return ((last.amount - first.amount) * 1000) / (until - first.at);
  }
}
