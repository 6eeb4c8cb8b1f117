import { Readable } from 'node:stream';
import type { GetEvent, GetRequest } from '../control/api.js';
import { asP2pimgError } from '../error.js';
import { canonical } from '../image/reference.js';
import { parseSelector } from '../image/selector.js';

/** Gets one image, and tells how it goes. */
export type Run = (
  request: GetRequest,
  emit: (event: GetEvent) => void,
  signal: AbortSignal,
) => Promise<void>;

/** The `get`s under way: whoever asks for the same image meanwhile follows the same transfer. */
export class SharedGets {
  readonly #run: Run;
  readonly #running = new Map<string, SharedGet>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Joins the transfer of this image, or starts it. It is given up when the last who follow it have left. */
  async *follow(request: GetRequest, signal: AbortSignal): AsyncGenerator<GetEvent> {
    const key = keyOf(request);
    let shared = this.#running.get(key);
    if (shared === undefined) {
      shared = new SharedGet(this.#run, request);
      this.#running.set(key, shared);
      void shared.over.finally(() => this.#running.delete(key));
    }
    const events = shared.join();
    const leave = () => events.destroy(asP2pimgError(signal.reason));
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      yield* events as AsyncIterable<GetEvent>;
    } finally {
      signal.removeEventListener('abort', leave);
      await shared.leave(events);
    }
  }

  /** Resolves when all that are under way have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ over }) => over));
  }
}

class SharedGet {
  /** Resolves, never rejects, when the transfer is over and cleaned up. */
  readonly over: Promise<void>;
  readonly #controller = new AbortController();
  readonly #followers = new Set<Readable>();
  /** What a late follower must hear: every stage, and of the progress only the last. */
  #told: GetEvent[] = [];

  constructor(run: Run, request: GetRequest) {
    this.over = run(request, (event) => this.#tell(event), this.#controller.signal).then(
      () => this.#followers.forEach((events) => void events.push(null)),
      (error: Error) => this.#followers.forEach((events) => void events.destroy(error)),
    );
  }

  join(): Readable {
    const events = new Readable({ objectMode: true, read: () => undefined });
    events.on('error', () => undefined); // whoever reads gets it too
    for (const event of this.#told) events.push(event);
    this.#followers.add(events);
    return events;
  }

  async leave(events: Readable): Promise<void> {
    this.#followers.delete(events);
    if (this.#followers.size > 0) return;
    this.#controller.abort();
    await this.over;
  }

  #tell(event: GetEvent): void {
    if (event.type === 'progress') this.#told = this.#told.filter(({ type }) => type !== 'progress');
    this.#told.push(event);
    for (const events of this.#followers) events.push(event);
  }
}

function keyOf({ image, ...options }: GetRequest): string {
  const { reference, text } = parseSelector(image);
  return JSON.stringify([reference === undefined ? text : canonical(reference), options]);
}
