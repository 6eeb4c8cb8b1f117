import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import { blobSize, streamBlob } from './blobs.js';
import { throwIfAborted } from './failures.js';
import type { Layout } from './layout.js';

/**
 * Streams an image's wanted blobs: the config first, then the layers in chain order. Throws `BLOB_MISSING` for what
 * the image hasn't, `IMAGE_UNKNOWN` for what the folder hasn't any more, before the first blob.
 */
export async function* exportBlobs(
  layout: Layout,
  image: ImageDescription,
  wanted: ReadonlySet<Digest>,
  signal: AbortSignal,
): AsyncGenerator<BlobStream> {
  throwIfAborted(signal);
  const all = new Map<Digest, number | undefined>([
    [image.configDigest, undefined],
    ...image.layers.map(({ digest, size }) => [digest, size] as const),
  ]);
  const strange = [...wanted].find((digest) => !all.has(digest));
  if (strange !== undefined)
    throw new P2pimgError('BLOB_MISSING', 'the image has no such blob', { image: image.id, digest: strange });

  const sizes = new Map<Digest, number>();
  for (const [digest, described] of all) {
    if (!wanted.has(digest)) continue;
    const size = await blobSize(layout, digest);
    if (size === undefined)
      throw new P2pimgError('IMAGE_UNKNOWN', 'a blob of the image is gone', { image: image.id, digest });
    sizes.set(digest, described ?? size);
  }
  for (const [digest, size] of sizes) {
    throwIfAborted(signal);
    yield { digest, size, offset: 0, content: streamBlob(layout, digest, size, signal) };
  }
}
