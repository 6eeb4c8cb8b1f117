import * as v from 'valibot';
import { P2pimgError } from '../error.js';
import { type Digest, isDigest } from './digest.js';
import { parseJson } from './json.js';
import type { Platform } from './platform.js';

/** Media types of OCI and Docker (OCI media-types.md; distribution, schema 2). */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** What names a blob: media type, digest, and size in bytes (OCI descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** One platform's image: its config and its layers in chain order (OCI manifest.md). */
export interface Manifest {
  readonly mediaType?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** The manifests of several platforms (OCI image-index.md). */
export interface Index {
  readonly mediaType?: string | undefined;
  readonly manifests: readonly Descriptor[];
}

/** The most layers that this project takes in one image; engines themselves stop at 127. */
export const maximumLayers = 1000;
/** The most steps of history in an image's config, of which some have no layer. */
export const maximumHistory = 2000;
/** The largest manifest, index or config that is read, in bytes; registries draw the same line. */
export const maximumMetadataSize = 4 * 1024 * 1024;

export const digestSchema = v.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'a digest',
);
export const sizeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const platformSchema = v.object({
  os: v.pipe(v.string(), v.maxLength(64)),
  architecture: v.pipe(v.string(), v.maxLength(64)),
  variant: v.optional(v.pipe(v.string(), v.maxLength(64))),
});
export const descriptorSchema = v.object({
  mediaType: v.pipe(v.string(), v.maxLength(255)),
  digest: digestSchema,
  size: sizeSchema,
  platform: v.optional(platformSchema),
  annotations: v.optional(v.record(v.string(), v.string())),
});

const manifestSchema = v.object({
  mediaType: v.optional(v.string()),
  config: descriptorSchema,
  layers: v.pipe(v.array(descriptorSchema), v.maxLength(maximumLayers)),
});
const indexSchema = v.object({
  mediaType: v.optional(v.string()),
  manifests: v.pipe(v.array(descriptorSchema), v.maxLength(maximumLayers)),
});

/** Reads the JSON of a manifest or an index, by its shape; throws `MANIFEST_INVALID`. */
export function parseManifest(
  json: string,
): { type: 'manifest'; manifest: Manifest } | { type: 'index'; index: Index } {
  const value = readJson(json);
  const manifest = v.safeParse(manifestSchema, value);
  if (manifest.success) return { type: 'manifest', manifest: manifest.output };
  const index = v.safeParse(indexSchema, value);
  if (index.success) return { type: 'index', index: index.output };
  throw new P2pimgError('MANIFEST_INVALID', `neither a manifest nor an index: ${manifest.issues[0].message}`);
}

function readJson(json: string): unknown {
  if (json.length > maximumMetadataSize) throw new P2pimgError('MANIFEST_INVALID', 'a manifest over 4 MiB');
  try {
    return parseJson(json);
  } catch (cause) {
    throw new P2pimgError('MANIFEST_INVALID', 'a manifest that is not JSON', {}, cause);
  }
}

/** Whether a descriptor is of a runnable image, and not of an attestation or another artifact beside it. */
export function isImageManifest({ mediaType, platform, annotations }: Descriptor): boolean {
  if (mediaType !== mediaTypes.ociManifest && mediaType !== mediaTypes.dockerManifest) return false;
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return false;
  return platform === undefined || platform.os !== 'unknown';
}

/** Whether a layer of this media type is compressed as it is stored. */
export function isCompressed(mediaType: string): boolean {
  return /[.+](gzip|zstd)$/.test(mediaType);
}
