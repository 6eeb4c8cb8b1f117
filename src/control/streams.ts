import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { streamIdHeader } from './header.js';
import { reportOf } from './report.js';

/** What tells its events until it is over, or until the signal. */
export type Events = (signal: AbortSignal) => AsyncIterable<unknown>;

/** The streams of events that a control server has under way. */
export class Streams {
  readonly #running = new Map<
    string,
    { readonly controller: AbortController; readonly ended: Promise<void> }
  >();

  /** Streams events as NDJSON; a failure is the last line, and the client's disconnect cancels. */
  async stream(events: Events, response: ServerResponse): Promise<void> {
    const id = randomUUID();
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    response.writeHead(200, { 'content-type': 'application/x-ndjson', [streamIdHeader]: id });
    response.flushHeaders();
    const ended = run(events, response, controller.signal).finally(() => this.#running.delete(id));
    this.#running.set(id, { controller, ended });
    await ended;
  }

  /** Cancels one; it ends when it has cleaned up. One that is over already is no error. */
  cancel(id: string): void {
    this.#running.get(id)?.controller.abort();
  }

  /** Cancels all that are under way, and waits for their ends. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { controller } of running) controller.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }
}

async function run(events: Events, response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    for await (const event of events(signal)) {
      if (response.destroyed) return;
      await writeLine(response, event, signal);
    }
  } catch (error) {
    await writeLine(response, reportOf(error), signal);
  }
  response.end();
}

/** Waits where the client reads slowly, but no longer than it is there and the stream goes on. */
async function writeLine(response: ServerResponse, value: unknown, signal: AbortSignal): Promise<void> {
  if (response.destroyed || response.write(`${JSON.stringify(value)}\n`)) return;
  await once(response, 'drain', { signal }).catch(() => undefined);
}
