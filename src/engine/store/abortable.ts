import { interruption, throwIfAborted } from './failures.js';

/** The items of a source until the signal: it ends the wait for an item that never comes, too. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  throwIfAborted(signal);
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const item = await orAborted(iterator.next(), signal);
      if (item.done === true) return;
      yield item.value;
    }
  } finally {
    const returned = iterator.return?.();
    // A source that hangs would keep its own return waiting behind the item that never comes.
    if (signal.aborted) returned?.catch(() => {});
    else await returned;
  }
}

/** Not `Promise.race` with one promise of the signal: that would keep every item until the signal comes. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(interruption(signal));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
