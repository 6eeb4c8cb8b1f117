import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asP2pimgError } from '../../../error.js';
import type { BlobStream } from '../../../image/blob.js';
import { type Digest, isDigest } from '../../../image/digest.js';
import type { ImageDescription, StoredManifest } from '../../../image/image.js';
import { readAnswer } from '../json-lines.js';
import { removeTemporary, useTemporary } from '../temporary.js';
import type { Loopback } from './push.js';
import { refuse } from './registry.js';

/** A blob of the image from some byte on. */
export type ReadBlob = (digest: Digest, offset: number) => BlobStream;

/**
 * Lets an engine of the containerd store pull an image from us over the loopback interface (OCI distribution spec,
 * "Pull"), and hands its temporary name on while that stands. Of the manifest's blobs the engine asks for those that it
 * lacks. A failure of `read` is what the pull fails with.
 */
export async function pullImage<T>(
  { client, registry }: Loopback,
  image: ImageDescription & { readonly manifest: StoredManifest },
  read: ReadBlob,
  signal: AbortSignal,
  named: () => Promise<T>,
): Promise<T> {
  const broken = new AbortController();
  const repository = await registry.open(async (request, response, path) => {
    try {
      await answerPull(request, response, path, repository.tag, image, read);
    } catch (error) {
      // Whoever left early is the engine, and says itself why.
      if (!isEnginesFault(error)) broken.abort(asP2pimgError(error));
      throw error;
    }
  });
  const { name, tag } = repository;
  try {
    useTemporary(`${name}:${tag}`);
    const until = AbortSignal.any([signal, broken.signal]);
    await readAnswer(await client.pull(name, tag, until), client.endpoint);
    return await named();
  } catch (error) {
    // An answer that is cut off says no more than that.
    if (signal.aborted) throw asP2pimgError(signal.reason);
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    await removeTemporary(client, `${name}:${tag}`);
    repository.close();
  }
}

async function answerPull(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  tag: string,
  { manifest, configDigest, layers }: ImageDescription & { readonly manifest: StoredManifest },
  read: ReadBlob,
): Promise<void> {
  const [kind, name = ''] = path.split('/');
  const isManifest = kind === 'manifests' && (name === tag || name === manifest.digest);
  const isBlob = isDigest(name) && (name === configDigest || layers.some(({ digest }) => digest === name));
  if (isManifest) {
    const bytes = Buffer.from(manifest.json);
    response.writeHead(200, {
      'Content-Type': manifest.mediaType,
      'Content-Length': bytes.length,
      'Docker-Content-Digest': manifest.digest,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  } else if (kind === 'blobs' && isBlob && request.method === 'GET') {
    const offset = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const blob = read(name, offset);
    const range = offset > 0 && { 'Content-Range': `bytes ${offset}-${blob.size - 1}/${blob.size}` };
    response.writeHead(offset > 0 ? 206 : 200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': blob.size - offset,
      ...range,
    });
    await pipeline(Readable.from(blob.content, { objectMode: false }), response);
  } else refuse(response, 404);
}

function isEnginesFault(error: unknown): boolean {
  return (error as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE';
}
