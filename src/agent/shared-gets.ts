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

/** What a follower reads; a failure comes after all that was told before it. */
type Told = GetEvent | { readonly type: 'failed'; readonly error: unknown };

/** The `get`s under way: whoever asks for the same image meanwhile follows the same transfer. */
export class SharedGets {
  readonly #run: Run;
  readonly #underWay = new Set<SharedGet>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Joins the transfer of this image, or starts it. It is given up when the last who follow it have left. */
  async *follow(request: GetRequest, signal: AbortSignal): AsyncGenerator<GetEvent> {
    const shared = this.#joinable(keyOf(request)) ?? this.#start(request);
    const events = shared.join();
    const leave = () => events.destroy(asP2pimgError(signal.reason));
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      for await (const told of events as AsyncIterable<Told>) {
        if (told.type === 'failed') throw told.error;
        yield told;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      await shared.leave(events);
    }
  }

  /** Resolves when all that are under way have ended, those being given up too. */
  async ended(): Promise<void> {
    await Promise.all([...this.#underWay].map(({ over }) => over));
  }

  #joinable(key: string): SharedGet | undefined {
    return [...this.#underWay].find((shared) => shared.key === key && shared.state === 'running');
  }

  #start(request: GetRequest): SharedGet {
    const shared = new SharedGet(this.#run, request);
    this.#underWay.add(shared);
    void shared.over.then(() => this.#underWay.delete(shared));
    return shared;
  }
}

type State = 'running' | 'givenUp' | 'over';

class SharedGet {
  /** The same for all requests that it answers. */
  readonly key: string;
  /** Resolves, never rejects, when the transfer is over and cleaned up. */
  readonly over: Promise<void>;
  readonly #controller = new AbortController();
  readonly #followers = new Set<Readable>();
  #state: State = 'running';
  /** What a late follower must hear: every stage, and of the progress only the last. */
  #told: GetEvent[] = [];

  constructor(run: Run, request: GetRequest) {
    this.key = keyOf(request);
    this.over = run(request, (event) => this.#tell(event), this.#controller.signal).then(
      () => this.#end(),
      (error: unknown) => this.#end({ type: 'failed', error }),
    );
  }

  /** It can be joined only while it is running. */
  get state(): State {
    return this.#state;
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
    if (this.#state === 'running') this.#state = 'givenUp';
    this.#controller.abort();
    await this.over;
  }

  #tell(event: GetEvent): void {
    if (event.type === 'progress' || event.type === 'pulling')
      this.#told = this.#told.filter(({ type }) => type !== event.type);
    this.#told.push(event);
    for (const events of this.#followers) events.push(event);
  }

  #end(...last: Told[]): void {
    this.#state = 'over';
    for (const events of this.#followers) for (const told of [...last, null]) events.push(told);
  }
}

function keyOf({ image, ...options }: GetRequest): string {
  const { reference, text } = parseSelector(image);
  return JSON.stringify([reference === undefined ? text : canonical(reference), options]);
}
