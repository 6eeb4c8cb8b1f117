import { type Deadline, deadlineOf } from '../deadline.js';

/**
 * For how long a receiver looks for a source of what is left: from when the bytes stopped, and from the beginning only
 * when more have come. So sources that are found and bring nothing do not keep it for ever.
 */
export class Patience {
  readonly #ms: number;
  #since: number | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Bytes came. */
  renew(): void {
    this.#since = undefined;
  }

  /** A source was lost: what is left of the patience, cut short by the others. */
  begin(...others: readonly AbortSignal[]): Deadline {
    this.#since ??= performance.now();
    return deadlineOf(Math.max(0, this.#since + this.#ms - performance.now()), ...others);
  }
}
