import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { EngineEvent } from '../port.js';
import { errnoOf } from './failures.js';
import type { Layout } from './layout.js';

const settleTime = 50;
const pollInterval = 1000;

/** What the watch knows of `index.json`: which file it is, or why it is away. */
type State =
  | { readonly type: 'here'; readonly print: string }
  | { readonly type: 'away'; readonly reason: string };

/** Where a store says that it wrote `index.json` itself, by a `write` event. */
export type OwnWrites = EventTarget;

/**
 * What happens to a layout until the signal. `index.json` is watched, and looked at every second besides: a network
 * file system tells nothing of others' changes, and no watch tells that a disk is back. Changes that have not been
 * read yet are one.
 */
export async function* layoutEvents(
  layout: Layout,
  writes: OwnWrites,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  const watching = new LayoutWatch(layout, writes);
  const stop = (): void => watching.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for (;;) {
      const event = await watching.next();
      if (event === undefined) return;
      yield event;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

class LayoutWatch {
  readonly #layout: Layout;
  readonly #writes: OwnWrites;
  readonly #poll = setInterval(() => this.#look(), pollInterval);
  readonly #onWrite = (): void => this.#look();
  readonly #pending: EngineEvent[] = [];
  #wake = (): void => {};
  #phase: 'running' | 'stopped' = 'running';
  #state: State | undefined;
  #looking = Promise.resolve();
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(layout: Layout, writes: OwnWrites) {
    this.#layout = layout;
    this.#writes = writes;
    writes.addEventListener('write', this.#onWrite);
    this.#watch();
    this.#look();
  }

  /** The next event; nothing once stopped. */
  async next(): Promise<EngineEvent | undefined> {
    while (this.#pending.length === 0 && this.#phase === 'running')
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#phase === 'running' ? this.#pending.shift() : undefined;
  }

  stop(): void {
    this.#phase = 'stopped';
    this.#writes.removeEventListener('write', this.#onWrite);
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    this.#wake();
  }

  /** Looks at `index.json`, one look after the other. */
  #look(): void {
    this.#looking = this.#looking.then(async () => this.#compare(await stateOf(this.#layout)));
  }

  #compare(now: State): void {
    const before = this.#state ?? { type: 'here', print: now.type === 'here' ? now.print : '' };
    this.#state = now;
    if (this.#phase === 'stopped') return;
    if (now.type === 'away') {
      if (before.type === 'here') this.#tell({ type: 'lost', reason: now.reason });
    } else if (before.type === 'away') {
      this.#watch();
      this.#tell({ type: 'back' });
    } else if (before.print !== now.print) this.#tell({ type: 'changed' });
  }

  #tell(event: EngineEvent): void {
    if (this.#pending.at(-1)?.type !== event.type) this.#pending.push(event);
    this.#wake();
  }

  #watch(): void {
    this.#watcher?.close();
    try {
      this.#watcher = watch(this.#layout.folder, () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.#look(), settleTime);
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // Without a watch there is still the look every second.
    }
  }
}

async function stateOf({ folder, index }: Layout): Promise<State> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(index, { bigint: true });
    return { type: 'here', print: `${dev} ${ino} ${size} ${mtimeNs}` };
  } catch (error) {
    return { type: 'away', reason: `${folder}: ${errnoOf(error) ?? 'cannot be read'}` };
  }
}
