import { open } from 'node:fs/promises';
import { UnpackedDigest } from '../../archive/unpacked-digest.js';
import { verified } from '../../archive/verify.js';
import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import { untilAborted } from './abortable.js';

/**
 * Writes a blob that arrives to a new file, and to the disk, and proves it: its size, its digest and, for a layer,
 * that it unpacks to each of the diffIDs. Throws `SIZE_MISMATCH` or `DIGEST_MISMATCH`.
 */
export async function receiveBlob(
  path: string,
  { digest, size, content }: BlobStream,
  diffIds: ReadonlySet<Digest>,
  signal: AbortSignal,
): Promise<void> {
  // A layer that is stored as it is has its diffID for its digest.
  const unpackedIds = [...diffIds].filter((diffId) => diffId !== digest);
  const unpacked = unpackedIds.length > 0 ? new UnpackedDigest() : undefined;
  const file = await open(path, 'wx');
  try {
    for await (const chunk of verified(untilAborted(content, signal), digest, size))
      await Promise.all([file.writeFile(chunk), unpacked?.write(chunk)]);
    if (unpacked !== undefined) await proveUnpacked(digest, unpacked, unpackedIds);
    await file.sync();
  } finally {
    unpacked?.destroy();
    await file.close();
  }
}

async function proveUnpacked(
  digest: Digest,
  unpacked: UnpackedDigest,
  wanted: readonly Digest[],
): Promise<void> {
  const got = await unpacked.end().catch((cause: unknown) => {
    throw new P2pimgError('DIGEST_MISMATCH', 'a layer cannot be unpacked', { digest, wanted }, cause);
  });
  const want = wanted.find((diffId) => diffId !== got);
  if (want !== undefined)
    throw new P2pimgError('DIGEST_MISMATCH', 'a layer unpacks to other content', {
      digest,
      got,
      wanted: want,
    });
}
