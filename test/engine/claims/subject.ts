import { createHash } from 'node:crypto';
import type { Engine } from '../../../src/engine/port.js';
import { asP2pimgError, type ErrorCode } from '../../../src/error.js';
import type { BlobStream } from '../../../src/image/blob.js';
import type { Digest } from '../../../src/image/digest.js';
import { digestFromHex } from '../../../src/image/digest.js';
import { type ImageDescription, type ListedImage, missingBlobs } from '../../../src/image/image.js';
import type { Platform } from '../../../src/image/platform.js';
import type { Image } from '../../fixtures/image.js';
import { blobsOf, descriptionOf } from './source.js';

/** What claims are tried on: an engine, another of its kind, and the platform of both. */
export interface Subject {
  readonly engine: Engine;
  readonly other: Engine;
  readonly platform: Platform;
}

/** A signal that never comes. */
export const never = new AbortController().signal;

/** Imports an image as a transfer does: asks what is held, gives what is missing, lets go. */
export async function give(engine: Engine, image: Image): Promise<Digest> {
  const description = descriptionOf(image);
  const { layers, release } = await engine.hold(description, never);
  try {
    return await engine.import(description, layers, blobsOf(image, missingBlobs(description, layers)), never);
  } finally {
    await release();
  }
}

/** Imports blobs as if nothing were held. */
export function receive(
  engine: Engine,
  description: ImageDescription,
  blobs: AsyncIterable<BlobStream>,
  signal: AbortSignal = never,
): Promise<Digest> {
  return engine.import(description, new Map(), blobs, signal);
}

/** An image as the engine lists it. */
export async function listed(engine: Engine, id: Digest): Promise<ListedImage> {
  const found = (await engine.list()).filter((image) => image.id === id);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${id} is listed ${found.length} times`);
  return found[0];
}

/** All that the engine lists, in an order of its own. */
export async function catalogue(engine: Engine): Promise<ListedImage[]> {
  return (await engine.list()).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The code that a promise fails with. */
export async function failure(promise: Promise<unknown>): Promise<ErrorCode | 'nothing failed'> {
  return promise.then(
    () => 'nothing failed',
    (error: unknown) => asP2pimgError(error).code,
  );
}

/** The digests and sizes of what streams, worked out from its bytes, beside what they were said to be. */
export async function measured(
  blobs: AsyncIterable<BlobStream>,
): Promise<{ said: { digest: Digest; size: number }[]; got: { digest: Digest; size: number }[] }> {
  const said: { digest: Digest; size: number }[] = [];
  const got: { digest: Digest; size: number }[] = [];
  for await (const { digest, size, content } of blobs) {
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      length += chunk.length;
    }
    said.push({ digest, size });
    got.push({ digest: digestFromHex(hash.digest('hex')), size: length });
  }
  return { said, got };
}
