/** Longest wait before an address that failed is dialled again. */
const longestMs = 60_000;

/** How long those that failed are left alone, twice as long each time. */
export class BackOff {
  readonly #waits = new Map<string, { readonly until: number; readonly ms: number }>();

  /** Milliseconds until it may be dialled; 0 or less for now. */
  left(key: string): number {
    return (this.#waits.get(key)?.until ?? 0) - Date.now();
  }

  /** It failed; the milliseconds that it is left alone, at least so many. */
  failed(key: string, leastMs: number): number {
    const ms = Math.min(longestMs, Math.max(leastMs, 2 * (this.#waits.get(key)?.ms ?? 0)));
    this.#waits.set(key, { until: Date.now() + ms, ms });
    return ms;
  }

  succeeded(key: string): void {
    this.#waits.delete(key);
  }

  clear(): void {
    this.#waits.clear();
  }
}
