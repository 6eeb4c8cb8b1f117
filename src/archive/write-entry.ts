import { P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import { parseImageConfig } from '../image/config.js';
import type { ImageDescription } from '../image/image.js';
import { maximumMetadataSize } from '../image/manifest.js';
import { sizeMismatch } from './failure.js';
import { blobPath } from './layout.js';
import { fileHeader, padding } from './tar-block.js';

/**
 * A blob of an image as an entry of a tar (`SIZE_MISMATCH`); the config must be that of the described layers
 * (`IMAGE_CONFIG_INVALID`).
 */
export async function* blobEntry(
  blob: BlobStream,
  image: ImageDescription,
): AsyncGenerator<Buffer, void, undefined> {
  yield fileHeader(blobPath(blob.digest), blob.size);
  yield* blob.digest === image.configDigest ? provedConfig(blob, image) : whole(blob);
  const zeros = padding(blob.size);
  if (zeros.length > 0) yield zeros;
}

/** A text as an entry of a tar. */
export function textEntry(name: string, text: string): Buffer {
  const content = Buffer.from(text);
  return Buffer.concat([fileHeader(name, content.length), content, padding(content.length)]);
}

async function* whole({ digest, size, content }: BlobStream): AsyncGenerator<Buffer, void, undefined> {
  let got = 0;
  for await (const chunk of content) {
    got += chunk.length;
    if (got > size) throw sizeMismatch(digest, size, got);
    if (chunk.length > 0) yield chunk;
  }
  if (got < size) throw sizeMismatch(digest, size, got);
}

async function* provedConfig(
  blob: BlobStream,
  { layers }: ImageDescription,
): AsyncGenerator<Buffer, void, undefined> {
  if (blob.size > maximumMetadataSize)
    throw new P2pimgError('IMAGE_CONFIG_INVALID', 'an image config over 4 MiB');
  const chunks: Buffer[] = [];
  for await (const chunk of whole(blob)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const { diffIds } = parseImageConfig(bytes.toString());
  if (diffIds.join() !== layers.map(({ diffId }) => diffId).join())
    throw new P2pimgError('IMAGE_CONFIG_INVALID', 'the image config names other layers than were offered', {
      digest: blob.digest,
    });
  yield bytes;
}
