import { UnpackedDigest } from '../../archive/unpacked-digest.js';
import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';

/**
 * The same blobs, each layer's unpacked content proved to be of its diffID before its last chunk (`IMPORT_UNPROVED`):
 * for Podman, which takes the config's word for what its layers are. Docker proves it itself.
 */
export async function* proveLayers(
  blobs: AsyncIterable<BlobStream>,
  { layers }: ImageDescription,
): AsyncGenerator<BlobStream> {
  for await (const blob of blobs) {
    const diffIds = layers.filter(({ digest }) => digest === blob.digest).map(({ diffId }) => diffId);
    yield diffIds.every((diffId) => diffId === blob.digest)
      ? blob
      : { ...blob, content: proved(blob.content, diffIds) };
  }
}

async function* proved(content: AsyncIterable<Buffer>, diffIds: readonly Digest[]): AsyncGenerator<Buffer> {
  const unpacked = new UnpackedDigest();
  try {
    let last: Buffer | undefined;
    for await (const chunk of content) {
      if (last !== undefined) yield last;
      await unpacked.write(chunk);
      last = chunk;
    }
    const got = await unpacked.end().catch((cause: unknown) => {
      throw new P2pimgError('IMPORT_UNPROVED', 'a layer cannot be unpacked', { wanted: diffIds }, cause);
    });
    if (diffIds.some((diffId) => diffId !== got))
      throw new P2pimgError('IMPORT_UNPROVED', `a layer unpacks to ${got}, not to ${diffIds.join(', ')}`, {
        wanted: diffIds,
        got,
      });
    if (last !== undefined) yield last;
  } finally {
    unpacked.destroy();
  }
}
