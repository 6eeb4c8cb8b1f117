import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { P2pimgError } from '../error.js';
import { expositionType } from './exposition.js';

const host = '127.0.0.1';

/**
 * The metrics on a port of the loopback interface, for a Prometheus on this machine: opened and closed as the setting
 * is changed. A page in a browser can have its own name lead here (DNS rebinding), so only requests for this machine
 * by its address, or as `localhost`, are answered.
 */
export class MetricsPort {
  readonly #metrics: () => Promise<string>;
  #server: Server | undefined;
  #port: number | undefined;
  /** One change after the other. */
  #settled: Promise<void> = Promise.resolve();

  constructor(metrics: () => Promise<string>) {
    this.#metrics = metrics;
  }

  /** Where it listens; `undefined` where it does not. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Listens there from now on, and no more where it did; `undefined` closes it. Throws `PORT_TAKEN`. */
  set(port: number | undefined): Promise<void> {
    const changed = this.#settled.then(() => this.#change(port));
    this.#settled = changed.catch(() => undefined);
    return changed;
  }

  async #change(port: number | undefined): Promise<void> {
    if (port === this.#port) return;
    await this.#close();
    if (port === undefined) return;
    const server = createServer((request, response) => void this.#answer(request, response));
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') throw cause;
      throw new P2pimgError('PORT_TAKEN', `port ${port} is taken by another program`, { port }, cause);
    });
    this.#server = server;
    this.#port = port;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#port = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, why: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
    if (!isThisMachine(headers.host)) return void refuse(403, 'ask for 127.0.0.1');
    if (url !== '/metrics') return void refuse(404, 'there is /metrics');
    if (method !== 'GET' && method !== 'HEAD') return void refuse(405, 'there is GET');
    try {
      const text = await this.#metrics();
      response.writeHead(200, { 'content-type': expositionType, 'cache-control': 'no-store' });
      response.end(method === 'HEAD' ? undefined : text);
    } catch {
      refuse(500, 'the agent cannot tell now');
    }
  }
}

function isThisMachine(named: string | undefined): boolean {
  return named !== undefined && /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/i.test(named);
}
