import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { P2pimgError } from '../../../error.js';
import { maximumMetadataSize } from '../../../image/manifest.js';
import { loopbackRepository, loopbackTag } from '../temporary.js';

/** Answers one request below `/v2/<repository>/`; `path` is what comes after that, without query and leading slash. */
export type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
) => Promise<void>;

/** A repository that stands open for one push or pull: its name for the engine, and the tag in it. */
export interface Repository {
  /** `127.0.0.1:<port>/<path>`. */
  readonly name: string;
  readonly tag: string;
  close(): void;
}

/**
 * A registry for one engine (OCI distribution spec): only on 127.0.0.1, only while something is pushed or pulled, and only
 * under paths that nobody else on this machine can guess. An engine tries TLS first there, and goes on in plain HTTP.
 * Port and paths are the same each time, as far as they are free: engines note with every layer where it went and came
 * from, and would note ever more.
 */
export class LoopbackRegistry {
  readonly #secret: string;
  readonly #open: (Answer | undefined)[] = [];
  #server: { readonly server: Server; readonly port: Promise<number> } | undefined;

  /** `secret` is what only this device knows. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  async open(answer: Answer): Promise<Repository> {
    const free = this.#open.indexOf(undefined);
    const place = free < 0 ? this.#open.length : free;
    this.#open[place] = answer;
    try {
      this.#server ??= this.#listen();
      const port = await this.#server.port;
      const name = `127.0.0.1:${port}/${this.#path(place)}`;
      return { name, tag: loopbackTag(), close: () => this.#close(place) };
    } catch (error) {
      this.#close(place);
      throw error;
    }
  }

  #close(place: number): void {
    this.#open[place] = undefined;
    if (this.#open.some((answer) => answer !== undefined)) return;
    this.#server?.server.close();
    this.#server?.server.closeAllConnections();
    this.#server = undefined;
  }

  #path(place: number): string {
    return loopbackRepository(`${this.#derive('path').toString('hex').slice(0, 16)}-${place}`);
  }

  #derive(what: string): Buffer {
    return createHmac('sha256', this.#secret).update(`loopback ${what}`).digest();
  }

  #listen(): { server: Server; port: Promise<number> } {
    const server = createServer({ requestTimeout: 0 }, (request, response) => {
      this.#route(request, response).catch((error: Error) => {
        if (!response.headersSent) refuse(response, 400);
        request.destroy(error);
        response.destroy(error);
      });
    });
    // Below the ports that systems give away by themselves.
    const first = 20_000 + (this.#derive('port').readUInt16BE() % 12_000);
    const port = listenOn(server, first)
      .catch(() => listenOn(server, first + 1))
      .catch(() => listenOn(server, 0));
    return { server, port };
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback');
    if (request.method === 'GET' && pathname === '/v2/')
      return void response.writeHead(200, { 'Content-Length': '2' }).end('{}');
    for (const [place, answer] of this.#open.entries()) {
      const prefix = `/v2/${this.#path(place)}/`;
      if (answer !== undefined && pathname.startsWith(prefix))
        return answer(request, response, pathname.slice(prefix.length), searchParams);
    }
    refuse(response, 404);
  }
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** An answer without a body. */
export function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': '0' }).end();
}

/** Reads a manifest's text; `MANIFEST_INVALID` for one over 4 MiB. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumMetadataSize) throw new P2pimgError('MANIFEST_INVALID', 'a manifest over 4 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
