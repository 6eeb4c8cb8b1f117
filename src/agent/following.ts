import { Readable } from 'node:stream';

/** Does something that tells events as it goes. */
export type Work<Event> = (emit: (event: Event) => void, signal: AbortSignal) => Promise<void>;

/**
 * The events of a work, to its end; throws what it fails with, after all that it told. Leaving early cancels it, and
 * waits until it is over.
 */
export async function* following<Event>(work: Work<Event>, signal: AbortSignal): AsyncGenerator<Event> {
  const left = new AbortController();
  const events = new Readable({ objectMode: true, read: () => undefined });
  const outcome = work((event) => events.push(event), AbortSignal.any([signal, left.signal])).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  void outcome.then(() => events.push(null));
  try {
    yield* events as AsyncIterable<Event>;
    const failed = await outcome;
    if (failed !== undefined) throw failed.error;
  } finally {
    left.abort();
    await outcome;
  }
}
