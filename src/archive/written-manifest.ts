import { type Digest, digestOf } from '../image/digest.js';
import type { HeldLayer, ImageDescription, Layer, StoredManifest } from '../image/image.js';
import { type Descriptor, mediaTypes, parseManifest } from '../image/manifest.js';
import type { Platform } from '../image/platform.js';
import { digestMismatch } from './failure.js';

/** The manifest that goes into an archive, the blob that stands for each layer, and the index over it, if that fits. */
export interface WrittenManifest {
  readonly manifest: StoredManifest;
  readonly layers: readonly Digest[];
  readonly index?: StoredManifest | undefined;
}

/** Docker's media types of layers in OCI's words, for a manifest of ours. */
const ociTypes: Readonly<Record<string, string>> = {
  'application/vnd.docker.image.rootfs.diff.tar': mediaTypes.ociLayer,
  'application/vnd.docker.image.rootfs.diff.tar.gzip': mediaTypes.ociLayerGzip,
  'application/vnd.docker.image.rootfs.diff.tar.zstd': `${mediaTypes.ociLayer}+zstd`,
};

/**
 * The source's own manifest where it names just the blobs that came (given with their sizes) or are held; else one of
 * ours that does, of the same bytes for the same blobs.
 */
export function manifestFor(
  image: ImageDescription,
  held: ReadonlyMap<Digest, HeldLayer>,
  came: ReadonlyMap<Digest, number>,
): WrittenManifest {
  const layers = image.layers.map((layer) => layerDescriptor(layer, held.get(layer.diffId), came));
  const digests = layers.map(({ digest }) => digest);
  const { configDigest, manifest, index } = image;
  if (manifest !== undefined && isManifestOf(manifest, configDigest, digests))
    return {
      manifest,
      layers: digests,
      index: index !== undefined && isIndexOver(index, manifest) ? index : undefined,
    };

  const config = { mediaType: mediaTypes.ociConfig, digest: configDigest, size: came.get(configDigest) ?? 0 };
  const json = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers });
  return { manifest: { mediaType: mediaTypes.ociManifest, digest: digestOf(json), json }, layers: digests };
}

/** Throws `DIGEST_MISMATCH` for a stored manifest or index whose bytes are not its digest's, `MANIFEST_INVALID` for none. */
export function proveStored({ digest, json }: StoredManifest): void {
  const got = digestOf(json);
  if (got !== digest) throw digestMismatch(digest, got);
  parseManifest(json);
}

/** What an index.json leads to: a manifest or an index, and the full name that it has there, if any. */
export interface IndexEntry {
  readonly root: StoredManifest;
  readonly platform?: Platform | undefined;
  readonly name?: string | undefined;
}

/** The text of an index.json. Docker and containerd look for the name at the first place, others at the second. */
export function indexJson(entries: readonly IndexEntry[]): string {
  const manifests = entries.map(({ root: { mediaType, digest, json }, platform, name }) => ({
    mediaType,
    digest,
    size: Buffer.byteLength(json),
    platform,
    ...(name !== undefined && {
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    }),
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

function layerDescriptor(
  layer: Layer,
  held: HeldLayer | undefined,
  came: ReadonlyMap<Digest, number>,
): Descriptor {
  if (held?.type === 'blob') {
    const { mediaType, digest, size } = held.blob;
    return { mediaType: ociTypes[mediaType] ?? mediaType, digest, size };
  }
  const size = came.get(layer.digest);
  if (size !== undefined)
    return { mediaType: ociTypes[layer.mediaType] ?? layer.mediaType, digest: layer.digest, size };
  // Held by a store that knows layers by their content alone: it looks at the digest, and never at the size.
  return {
    mediaType: mediaTypes.ociLayer,
    digest: layer.diffId,
    size: layer.digest === layer.diffId ? (layer.size ?? 0) : 0,
  };
}

function isManifestOf({ json }: StoredManifest, config: Digest, layers: readonly Digest[]): boolean {
  const parsed = parseManifest(json);
  if (parsed.type !== 'manifest') return false;
  const named = [parsed.manifest.config, ...parsed.manifest.layers].map(({ digest }) => digest);
  return named.join() === [config, ...layers].join();
}

function isIndexOver({ json }: StoredManifest, manifest: StoredManifest): boolean {
  const parsed = parseManifest(json);
  return parsed.type === 'index' && parsed.index.manifests.some(({ digest }) => digest === manifest.digest);
}
