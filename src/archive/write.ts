import { P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { type HeldLayer, type ImageDescription, missingBlobs } from '../image/image.js';
import { writeDockerManifest } from './docker-manifest.js';
import { blobMissing } from './failure.js';
import { blobPath, ociLayout } from './layout.js';
import { type Pulled, pulled } from './pulled.js';
import { endOfArchive } from './tar-block.js';
import { blobEntry, textEntry } from './write-entry.js';
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
    yield* blobEntry(blob, image);
    came.set(digest, size);
  }
  if (missing.size > 0) throw blobMissing([...missing]);

  const { manifest, layers, index } = manifestFor(image, held, came);
  const keptIndex = format.partialIndex === 'keep' ? index : undefined;
  for (const { digest, json } of [manifest, ...(keptIndex === undefined ? [] : [keptIndex])])
    yield textEntry(blobPath(digest), json);
  yield textEntry('oci-layout', ociLayout);
  yield textEntry(
    'index.json',
    keptIndex ? indexJson([{ root: keptIndex }]) : indexJson([{ root: manifest, platform: image.platform }]),
  );
  if (format.type === 'docker')
    yield textEntry(
      'manifest.json',
      writeDockerManifest([
        { config: blobPath(image.configDigest), names: [], layers: layers.map(blobPath) },
      ]),
    );
  yield endOfArchive;
  return { manifestDigest: manifest.digest, rootDigest: (keptIndex ?? manifest).digest };
}
