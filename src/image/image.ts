import type { Digest } from './digest.js';
import type { Descriptor } from './manifest.js';
import type { Platform } from './platform.js';
import type { Reference } from './reference.js';

/** One image as its engine lists it. Sizes are bytes as that engine counts them; `created` is RFC 3339. */
export interface ListedImage {
  /** What the engine shows as its ID: the config digest on the classic store, a manifest's on containerd's. */
  readonly id: Digest;
  /** The identity that holds in every store, where the engine tells it without reading the image. */
  readonly configDigest?: Digest | undefined;
  readonly references: readonly Reference[];
  readonly platforms: readonly Platform[];
  readonly size: number;
  readonly created?: string | undefined;
}

/** One layer as a source gives it: the diffID of its content, and the blob that stands for it there. */
export interface Layer {
  readonly diffId: Digest;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes of the blob, where known before it is read. */
  readonly size?: number | undefined;
}

/** The raw bytes of a manifest or an index, as its store keeps them, and their digest. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly json: string;
}

/** One image for one platform, described so that a receiver can tell what it lacks. Layers are in chain order. */
export interface ImageDescription {
  readonly id: Digest;
  readonly configDigest: Digest;
  readonly platform: Platform;
  readonly created?: string | undefined;
  /** Bytes to expect over all blobs; exact where every layer's size is known, else the engine's estimate. */
  readonly size: number;
  readonly layers: readonly Layer[];
  /** The manifest as stored, where the source's store has one. */
  readonly manifest?: StoredManifest | undefined;
  /** The index that names the manifest, where the image is one platform of several. */
  readonly index?: StoredManifest | undefined;
}

/** A layer that a receiver has already, and, where its store is by blob, the blob that stands for it there. */
export type HeldLayer = { readonly type: 'layer' } | { readonly type: 'blob'; readonly blob: Descriptor };

/** The blobs that must come: the config, and each layer's blob that is not held, once each. */
export function missingBlobs(image: ImageDescription, held: ReadonlyMap<Digest, HeldLayer>): Digest[] {
  const layers = image.layers.filter(({ diffId }) => !held.has(diffId)).map(({ digest }) => digest);
  return [...new Set([image.configDigest, ...layers])];
}
