import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { type ImageDescription, missingBlobs, type StoredManifest } from '../image/image.js';
import { canonical, type Reference } from '../image/reference.js';
import { writeDockerManifest } from './docker-manifest.js';
import { blobMissing } from './failure.js';
import { blobPath, ociLayout } from './layout.js';
import { endOfArchive } from './tar-block.js';
import { blobEntry, textEntry } from './write-entry.js';
import { type IndexEntry, indexJson, manifestFor, proveStored } from './written-manifest.js';

/** An image to be written, and the names that it has in the archive. */
export interface NamedImage {
  readonly image: ImageDescription;
  readonly references: readonly Reference[];
}

/** Gives some of the blobs of an image, each once, proved as they pass. */
export type GiveBlobs = (image: ImageDescription, wanted: ReadonlySet<Digest>) => AsyncIterable<BlobStream>;

/**
 * Writes images with their names as one tar that `docker load`, Podman and skopeo read: an OCI layout and Docker's
 * manifest.json. A blob that several images have is asked for and written once. The same images, given in the same
 * order, are the same bytes. Throws as the blobs do, and `BLOB_MISSING` for those that never come.
 */
export async function* writeImages(
  images: readonly NamedImage[],
  give: GiveBlobs,
): AsyncGenerator<Buffer, void, undefined> {
  const came = new Map<Digest, number>();
  for (const { image } of images) {
    if (image.manifest !== undefined) proveStored(image.manifest);
    const missing = new Set(missingBlobs(image, new Map()).filter((digest) => !came.has(digest)));
    if (missing.size === 0) continue;
    for await (const blob of give(image, new Set(missing))) {
      if (!missing.delete(blob.digest)) continue;
      yield* blobEntry(blob, image);
      came.set(blob.digest, blob.size);
    }
    if (missing.size > 0) throw blobMissing([...missing]);
  }

  const written = images.map((named) => ({ ...named, ...manifestFor(named.image, new Map(), came) }));
  const manifests = new Map<Digest, StoredManifest>(
    written.map(({ manifest }) => [manifest.digest, manifest]),
  );
  for (const { digest, json } of manifests.values())
    if (!came.has(digest)) yield textEntry(blobPath(digest), json);
  yield textEntry('oci-layout', ociLayout);
  yield textEntry(
    'index.json',
    indexJson(
      written.flatMap(({ image: { platform }, references, manifest: root }): IndexEntry[] =>
        references.length === 0
          ? [{ root, platform }]
          : references.map((reference) => ({ root, platform, name: canonical(reference) })),
      ),
    ),
  );
  yield textEntry(
    'manifest.json',
    writeDockerManifest(
      written.map(({ image, references, layers }) => ({
        config: blobPath(image.configDigest),
        // Podman takes a short name for one of its own
        names: references.map(canonical),
        layers: layers.map(blobPath),
      })),
    ),
  );
  yield endOfArchive;
}
