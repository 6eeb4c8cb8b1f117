/**
 * A signal that aborts with another, or after so many milliseconds, and what takes its timer away. It stands for
 * `AbortSignal.any` with `AbortSignal.timeout`: Node 20 may collect such a timeout before its time, and then it never comes.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly clear: () => void;
}

/** Aborts after `ms`, or when one of the others does, with its reason. */
export function deadlineOf(ms: number, ...others: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    clear();
    controller.abort(new DOMException('the time is over', 'TimeoutError'));
  }, ms);
  timer.unref();
  const onAbort = ({ target }: Event): void => {
    clear();
    controller.abort((target as AbortSignal).reason);
  };
  const clear = (): void => {
    clearTimeout(timer);
    for (const other of others) other.removeEventListener('abort', onAbort);
  };
  for (const other of others) {
    if (other.aborted) {
      clear();
      controller.abort(other.reason);
      break;
    }
    other.addEventListener('abort', onAbort);
  }
  return { signal: controller.signal, clear };
}
