import { buffer } from 'node:stream/consumers';
import { type ArchiveFormat, type WrittenArchive, writeArchive } from '../../src/archive/write.js';
import { type Digest, digestOf } from '../../src/image/digest.js';
import type { HeldLayer, ImageDescription, StoredManifest } from '../../src/image/image.js';
import { mediaTypes } from '../../src/image/manifest.js';
import { entriesOf, type Sample, sampleOf, streamsOf } from './samples.js';

/** The format that most of these tests write. */
export const docker: ArchiveFormat = { type: 'docker', partialIndex: 'keep' };
/** Nothing is held. */
export const none: ReadonlyMap<Digest, HeldLayer> = new Map();

/** An archive that was written, and what is in it. */
export interface Written extends WrittenArchive {
  readonly bytes: Buffer;
  /** The content of every entry by name. */
  readonly entries: ReadonlyMap<string, string>;
}

/** Writes these blobs of an image to the end. */
export async function write(
  image: ImageDescription,
  blobs: ReadonlyMap<Digest, Buffer>,
  held = none,
  format = docker,
): Promise<Written> {
  const { stream, result } = writeArchive(image, held, streamsOf(blobs), format);
  const bytes = await buffer(stream);
  const entries = (await entriesOf(bytes)) as { name: string; content?: string; text?: string }[];
  return {
    ...(await result),
    bytes,
    entries: new Map(entries.map(({ name, content, text }) => [name, content ?? text ?? ''])),
  };
}

/** An image of four layers, two of which are the same. */
export const sample = sampleOf('one', 'two', 'one', 'three');

/** The sample as a source with a containerd store describes it: with its manifest. */
export function stored({ image, config }: Sample): ImageDescription & { readonly manifest: StoredManifest } {
  const json = JSON.stringify({
    schemaVersion: 2,
    annotations: { own: 'manifest' },
    config: { mediaType: mediaTypes.ociConfig, digest: image.configDigest, size: config.length },
    layers: image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  });
  return { ...image, manifest: { mediaType: mediaTypes.ociManifest, digest: digestOf(json), json } };
}

/** An OCI index over these manifests. */
export function indexOver(...manifests: readonly StoredManifest[]): StoredManifest {
  const json = JSON.stringify({
    schemaVersion: 2,
    manifests: manifests.map(({ mediaType, digest, json }) => ({ mediaType, digest, size: json.length })),
  });
  return { mediaType: mediaTypes.ociIndex, digest: digestOf(json), json };
}

/** All blobs but these. */
export function without(
  blobs: ReadonlyMap<Digest, Buffer>,
  ...digests: readonly Digest[]
): Map<Digest, Buffer> {
  return new Map([...blobs].filter(([digest]) => !digests.includes(digest)));
}
