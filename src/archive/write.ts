import { P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import { parseImageConfig } from '../image/config.js';
import type { Digest } from '../image/digest.js';
import { type HeldLayer, type ImageDescription, missingBlobs } from '../image/image.js';
import { maximumMetadataSize } from '../image/manifest.js';
import { writeDockerManifest } from './docker-manifest.js';
import { blobMissing, sizeMismatch } from './failure.js';
import { blobPath, ociLayout } from './layout.js';
import { type Pulled, pulled } from './pulled.js';
import { endOfArchive, fileHeader, padding } from './tar-block.js';
import { indexJson, manifestFor, proveStored } from './written-manifest.js';

/**
 * What to write: `docker` for both of Docker's stores, `oci` without manifest.json for Podman. `partialIndex` says
 * whether an index may be kept of which the archive holds one platform only.
 */
export interface ArchiveFormat {
  readonly type: 'docker' | 'oci';
  readonly partialIndex: 'keep' | 'drop';
}

/** The manifest in a written archive, and what index.json leads to: that manifest, or the index over it. */
export interface WrittenArchive {
  readonly manifestDigest: Digest;
  readonly rootDigest: Digest;
}

/**
 * Writes one image, without a name, as a tar that engines load: the blobs as they come, then the metadata. They must be
 * just the `missingBlobs`, each once, and proved by the caller (`BLOB_UNWANTED`, `BLOB_MISSING`, `SIZE_MISMATCH`); the
 * config must be that of the described layers (`IMAGE_CONFIG_INVALID`). After a failure, the caller's too, the stream is
 * destroyed with it and never ends; a destroyed stream ends the blobs.
 */
export function writeArchive(
  image: ImageDescription,
  held: ReadonlyMap<Digest, HeldLayer>,
  blobs: AsyncIterable<BlobStream>,
  format: ArchiveFormat,
): Pulled<WrittenArchive> {
  const iterator = blobs[Symbol.asyncIterator]();
  const bytes = archiveBytes(image, held, { [Symbol.asyncIterator]: () => iterator }, format);
  return pulled(bytes, () => {
    iterator.return?.().catch(() => {});
  });
}

async function* archiveBytes(
  image: ImageDescription,
  held: ReadonlyMap<Digest, HeldLayer>,
  blobs: AsyncIterable<BlobStream>,
  format: ArchiveFormat,
): AsyncGenerator<Buffer, WrittenArchive, undefined> {
  for (const stored of [image.manifest, image.index]) if (stored !== undefined) proveStored(stored);
  const missing = new Set(missingBlobs(image, held));
  const came = new Map<Digest, number>();
  for await (const blob of blobs) {
    const { digest, size } = blob;
    if (!missing.delete(digest))
      throw new P2pimgError('BLOB_UNWANTED', `${digest} was not asked for`, { digest });
    yield fileHeader(blobPath(digest), size);
    yield* digest === image.configDigest ? provedConfig(blob, image) : whole(blob);
    yield* padded(size);
    came.set(digest, size);
  }
  if (missing.size > 0) throw blobMissing([...missing]);

  const { manifest, layers, index } = manifestFor(image, held, came);
  const keptIndex = format.partialIndex === 'keep' ? index : undefined;
  for (const { digest, json } of [manifest, ...(keptIndex === undefined ? [] : [keptIndex])])
    yield* textFile(blobPath(digest), json);
  yield* textFile('oci-layout', ociLayout);
  yield* textFile('index.json', keptIndex ? indexJson(keptIndex) : indexJson(manifest, image.platform));
  if (format.type === 'docker')
    yield* textFile('manifest.json', writeDockerManifest(blobPath(image.configDigest), layers.map(blobPath)));
  yield endOfArchive;
  return { manifestDigest: manifest.digest, rootDigest: (keptIndex ?? manifest).digest };
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

function* textFile(name: string, text: string): Generator<Buffer, void, undefined> {
  const content = Buffer.from(text);
  yield Buffer.concat([fileHeader(name, content.length), content, padding(content.length)]);
}

function* padded(size: number): Generator<Buffer, void, undefined> {
  const zeros = padding(size);
  if (zeros.length > 0) yield zeros;
}
