import { parseImageConfig } from '../image/config.js';
import type { Digest } from '../image/digest.js';
import type { ImageDescription, Layer } from '../image/image.js';
import { type Manifest, mediaTypes } from '../image/manifest.js';
import { parseReference, type Reference } from '../image/reference.js';
import { type ArchiveContents, type ArchivedFile, type Proof, readContents } from './contents.js';
import { parseDockerManifest } from './docker-manifest.js';
import { archiveInvalid, blobMissing, digestMismatch } from './failure.js';
import { blobPath } from './layout.js';
import { readArchive } from './read.js';
import { type StoredImage, storedImages } from './stored-images.js';

/** An image in an archive, and the names that it has there; its ID is its config digest. */
export interface ArchivedImage {
  readonly references: readonly Reference[];
  readonly image: ImageDescription;
}

/** Where in an archive a blob is: the entry's name, where in the tar its content begins, and its size in bytes. */
export interface BlobPlace {
  readonly name: string;
  readonly at: number;
  readonly size: number;
}

/** What an archive holds: its images, and by digest where each blob is. */
export interface ArchiveSurvey {
  readonly images: readonly ArchivedImage[];
  readonly blobs: ReadonlyMap<Digest, BlobPlace>;
}

/** An image by the names of its entries: its config's and its layers', in chain order. */
interface Parts {
  readonly names: readonly string[];
  readonly config: string;
  readonly layers: readonly string[];
}

/**
 * Reads a whole archive in silence and tells what it holds. Every named digest is checked against its bytes
 * (`DIGEST_MISMATCH`), and every part of every image is there (`BLOB_MISSING`); `ARCHIVE_INVALID` for all else.
 */
export async function surveyArchive(
  bytes: AsyncIterable<Uint8Array>,
  proof: Proof = 'blobs',
): Promise<ArchiveSurvey> {
  const contents = await readContents(readArchive(bytes), proof);
  const stored = storedImages(contents);
  const images = partsOf(contents, stored).map((parts) => ({
    references: parts.names.flatMap(referenceIn),
    image: describe(contents, parts, stored),
  }));
  const blobs = new Map<Digest, BlobPlace>();
  for (const [name, { digest, at, size }] of contents.files)
    if (!blobs.has(digest)) blobs.set(digest, { name, at, size });
  return { images, blobs };
}

function partsOf({ metadata }: ArchiveContents, stored: readonly StoredImage[]): Parts[] {
  const docker = metadata.get('manifest.json');
  if (docker !== undefined) return parseDockerManifest(docker);
  if (!metadata.has('index.json')) throw archiveInvalid('it has neither manifest.json nor index.json');
  if (stored.length === 0) throw archiveInvalid('it leads to no image', 'index.json');
  return stored.map(({ names, manifest }) => ({
    names,
    config: blobPath(manifest.config.digest),
    layers: manifest.layers.map(({ digest }) => blobPath(digest)),
  }));
}

function describe(contents: ArchiveContents, parts: Parts, stored: readonly StoredImage[]): ImageDescription {
  const files = parts.layers.map((name) => fileNamed(contents, name));
  const config = fileNamed(contents, parts.config);
  if (config.json === undefined) throw archiveInvalid('it is no image config', parts.config);
  const { platform, created, diffIds } = parseImageConfig(config.json);
  if (diffIds.length !== files.length)
    throw archiveInvalid(`it has ${diffIds.length} layers, and the archive ${files.length}`, parts.config);

  const own = stored.find(({ manifest }) => isManifestOf(manifest, config, files));
  const layers = files.map(({ digest, size, layerType, unpacked }, index): Layer => {
    const diffId = diffIds[index] ?? digest;
    if (unpacked === 'cannot be unpacked') throw archiveInvalid('it cannot be unpacked', parts.layers[index]);
    if (unpacked !== undefined && unpacked !== diffId)
      throw digestMismatch(diffId, unpacked, parts.layers[index]);
    if (layerType === mediaTypes.ociLayer && diffId !== digest)
      throw digestMismatch(diffId, digest, parts.layers[index]);
    return { diffId, mediaType: own?.manifest.layers[index]?.mediaType ?? layerType, digest, size };
  });
  const sizes = new Map([config, ...files].map(({ digest, size }) => [digest, size]));
  return {
    id: config.digest,
    configDigest: config.digest,
    platform,
    created,
    size: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    layers,
    manifest: own?.stored,
    index: own?.index,
  };
}

function fileNamed({ files, links }: ArchiveContents, name: string): ArchivedFile {
  const file = files.get(name) ?? files.get(links.get(name) ?? '');
  if (file === undefined) throw blobMissing([name]);
  return file;
}

function isManifestOf(manifest: Manifest, config: ArchivedFile, layers: readonly ArchivedFile[]): boolean {
  return (
    manifest.config.digest === config.digest &&
    manifest.layers.length === layers.length &&
    manifest.layers.every(({ digest }, index) => digest === layers[index]?.digest)
  );
}

/** A name in an archive as a reference; what is none, such as `<none>:<none>`, names nothing. */
function referenceIn(name: string): Reference[] {
  try {
    return [parseReference(name)];
  } catch {
    return [];
  }
}
