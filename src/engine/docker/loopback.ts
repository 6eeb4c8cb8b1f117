import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { P2pimgError } from '../../error.js';
import { type Digest, digestOf, parseDigest } from '../../image/digest.js';
import type { StoredManifest } from '../../image/image.js';
import { maximumMetadataSize, parseManifest } from '../../image/manifest.js';
import type { Platform } from '../../image/platform.js';
import type { DockerClient } from './client.js';
import { readAnswer } from './json-lines.js';
import { temporaryName } from './temporary.js';

/**
 * Asks an engine of the containerd store what an image consists of, without reading its layers: the image is pushed
 * to an endpoint of ours on the loopback interface that has every blob already, so that only the manifests arrive
 * (OCI distribution spec, "Pushing Manifests"). It reaches us only where engine and agent share a network, which a VM
 * does not; then the push fails at once, with `ENGINE_FAILED`.
 */
export async function pushManifests(
  client: DockerClient,
  id: Digest,
  platform: Platform | undefined,
  signal: AbortSignal,
): Promise<StoredManifest[]> {
  const endpoint = await openEndpoint();
  const name = temporaryName(`127.0.0.1:${endpoint.port}`);
  try {
    await client.tag(id, name, 'pushed');
    try {
      await readAnswer(await client.push(name, 'pushed', platform, signal), client.endpoint);
    } finally {
      await client.remove(`${name}:pushed`);
    }
    return endpoint.manifests();
  } finally {
    endpoint.close();
  }
}

interface Endpoint {
  readonly port: number;
  manifests(): StoredManifest[];
  close(): void;
}

/** The write half of a registry, as far as a push goes that finds every blob there. */
async function openEndpoint(): Promise<Endpoint> {
  const manifests: StoredManifest[] = [];
  const server = createServer((request, response) => {
    answer(request, response, manifests).catch((error: unknown) => {
      response.writeHead(400).end();
      request.destroy(error as Error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    manifests: () => manifests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const blobPath = /^\/v2\/p2pimg-temporary\/[0-9a-f-]+\/blobs\/(sha256:[0-9a-f]{64})$/;
const manifestPath = /^\/v2\/p2pimg-temporary\/[0-9a-f-]+\/manifests\/[\w.:-]+$/;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  manifests: StoredManifest[],
): Promise<void> {
  const { method, url = '' } = request;
  const blob = blobPath.exec(url)?.[1];
  if (method === 'GET' && url === '/v2/') response.writeHead(200).end();
  else if (method === 'HEAD' && blob !== undefined)
    response.writeHead(200, { 'Docker-Content-Digest': parseDigest(blob), 'Content-Length': '0' }).end();
  else if (method === 'PUT' && manifestPath.test(url)) {
    const json = await readText(request);
    parseManifest(json);
    const digest = digestOf(json);
    manifests.push({ mediaType: request.headers['content-type'] ?? '', digest, json });
    response.writeHead(201, { 'Docker-Content-Digest': digest, Location: url }).end();
  } else response.writeHead(404, { 'Content-Length': '0' }).end();
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
