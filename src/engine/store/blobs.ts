import { open, stat } from 'node:fs/promises';
import { verified } from '../../archive/verify.js';
import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import { maximumMetadataSize } from '../../image/manifest.js';
import { errnoOf, throwIfAborted } from './failures.js';
import { blobPath, type Layout } from './layout.js';

const readSize = 256 * 1024;

/** Bytes of a blob's file; nothing where there is none. */
export async function blobSize(layout: Layout, digest: Digest): Promise<number | undefined> {
  try {
    return (await stat(blobPath(layout, digest))).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a blob's file is there and as long as it should be. */
export async function hasBlob(
  layout: Layout,
  { digest, size }: { digest: Digest; size?: number | undefined },
): Promise<boolean> {
  const found = await blobSize(layout, digest);
  return found !== undefined && (size === undefined || size === found);
}

/** Reads a manifest, an index or a config; throws what `streamBlob` throws, and `MANIFEST_INVALID` for one over 4 MiB. */
export async function readBlob(layout: Layout, digest: Digest): Promise<string> {
  const size = await blobSize(layout, digest);
  if (size === undefined) throw missing(digest);
  if (size > maximumMetadataSize) throw new P2pimgError('MANIFEST_INVALID', 'over 4 MiB', { digest });
  const chunks: Buffer[] = [];
  for await (const chunk of streamBlob(layout, digest, size)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A blob's bytes, proved before the last of them: throws `BLOB_MISSING`, `SIZE_MISMATCH`, `DIGEST_MISMATCH`. */
export function streamBlob(
  layout: Layout,
  digest: Digest,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  return verified(fileContent(layout, digest, signal), digest, size);
}

async function* fileContent(
  layout: Layout,
  digest: Digest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const file = await open(blobPath(layout, digest), 'r').catch((error: unknown) => {
    throw errnoOf(error) === 'ENOENT' ? missing(digest) : error;
  });
  try {
    for (;;) {
      if (signal !== undefined) throwIfAborted(signal);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(readSize));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function missing(digest: Digest): P2pimgError {
  return new P2pimgError('BLOB_MISSING', 'a blob of this image is not here', { digest });
}
