import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import { digestOf } from '../../image/digest.js';
import type { StoredManifest } from '../../image/image.js';
import { maximumMetadataSize, parseManifest } from '../../image/manifest.js';
import type { Platform } from '../../image/platform.js';
import type { DockerClient } from './client.js';
import { readAnswer } from './json-lines.js';
import { temporaryName } from './temporary.js';

/** The engine does not share our loopback interface, as from within a VM. */
export class LoopbackUnreachable extends Error {}

/**
 * Asks an engine of the containerd store what an image consists of, without reading its layers: the image is pushed
 * to an endpoint of ours on the loopback interface that has every blob already, so that only the manifests arrive
 * (OCI distribution spec, "Pushing Manifests"). Throws `LoopbackUnreachable` where the engine never came.
 */
export async function pushManifests(
  client: DockerClient,
  id: Digest,
  platform: Platform | undefined,
  signal: AbortSignal,
): Promise<readonly StoredManifest[]> {
  const repository = temporaryName();
  const endpoint = new PushEndpoint(repository);
  const name = `127.0.0.1:${await endpoint.listen()}/${repository}`;
  try {
    await client.tag(id, name, 'pushed');
    try {
      await readAnswer(await client.push(name, 'pushed', platform, signal), client.endpoint);
    } finally {
      await client.remove(`${name}:pushed`);
    }
    return endpoint.manifests;
  } catch (cause) {
    if (endpoint.wasReached || signal.aborted) throw cause;
    throw new LoopbackUnreachable('the engine did not come to the loopback interface', { cause });
  } finally {
    endpoint.close();
  }
}

/**
 * The write half of a registry, as far as a push goes that finds every blob there. Only the repository's random name
 * is answered, so that nobody else on this machine can slip in a manifest.
 */
class PushEndpoint {
  readonly manifests: StoredManifest[] = [];
  readonly #path: string;
  readonly #server: Server;
  #connections = 0;

  constructor(repository: string) {
    this.#path = `/v2/${repository}/`;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        response.writeHead(400).end();
        request.destroy(error);
      });
    });
    this.#server.on('connection', () => {
      this.#connections += 1;
    });
  }

  get wasReached(): boolean {
    return this.#connections > 0;
  }

  /** Resolves to the port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    if (method === 'GET' && url === '/v2/') response.writeHead(200).end();
    else if (method === 'HEAD' && url.startsWith(`${this.#path}blobs/`))
      response.writeHead(200, { 'Content-Length': '0' }).end();
    else if (method === 'PUT' && url.startsWith(`${this.#path}manifests/`)) {
      const json = await readText(request);
      parseManifest(json);
      const digest = digestOf(json);
      this.manifests.push({ mediaType: request.headers['content-type'] ?? '', digest, json });
      response.writeHead(201, { 'Docker-Content-Digest': digest, Location: url }).end();
    } else response.writeHead(404, { 'Content-Length': '0' }).end();
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumMetadataSize) throw new P2pimgError('MANIFEST_INVALID', 'a manifest over 4 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
