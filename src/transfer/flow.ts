import type { BlobStream } from '../image/blob.js';

/** Told how blobs flow from a source to a sink. */
export interface FlowWatcher {
  received(bytes: number): void;
  /** For some time no byte went, since the source gives none or the sink takes none; told once a pause. */
  waiting(side: 'source' | 'sink'): void;
}

const pauseMs = 1_000;

/** The same blobs; their bytes are counted as they pass, and it is told who keeps the other waiting. */
export async function* watched(
  blobs: AsyncIterable<BlobStream>,
  watcher: FlowWatcher,
): AsyncGenerator<BlobStream, void, undefined> {
  const pause = new Pause(watcher);
  const iterator = blobs[Symbol.asyncIterator]();
  try {
    for (;;) {
      pause.begin('source');
      const next = await iterator.next();
      if (next.done === true) return;
      pause.begin('sink');
      yield { ...next.value, content: counted(next.value.content, pause, watcher) };
    }
  } finally {
    pause.end();
    await iterator.return?.();
  }
}

async function* counted(
  content: AsyncIterable<Buffer>,
  pause: Pause,
  watcher: FlowWatcher,
): AsyncGenerator<Buffer, void, undefined> {
  pause.begin('source');
  for await (const chunk of content) {
    watcher.received(chunk.length);
    pause.begin('sink');
    yield chunk;
    pause.begin('source');
  }
}

/** What is being waited for, and since when. */
class Pause {
  readonly #timer: NodeJS.Timeout;
  #side: 'source' | 'sink' = 'source';
  #since = performance.now();
  #told: 'yes' | 'no' = 'no';

  constructor(watcher: FlowWatcher) {
    this.#timer = setInterval(() => {
      if (this.#told === 'yes' || performance.now() - this.#since < pauseMs) return;
      this.#told = 'yes';
      watcher.waiting(this.#side);
    }, pauseMs / 4).unref();
  }

  begin(side: 'source' | 'sink'): void {
    this.#side = side;
    this.#since = performance.now();
    this.#told = 'no';
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
