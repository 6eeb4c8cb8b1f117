import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import type { HeldLayer, ImageDescription, ListedImage } from '../image/image.js';
import type { Platform } from '../image/platform.js';
import type { Reference } from '../image/reference.js';

/** What an engine is, for people and for the peers. */
export interface EngineIdentity {
  readonly kind: 'docker' | 'podman' | 'store';
  readonly version: string;
  /** How it keeps images: Docker's classic or containerd store, Podman's, or an OCI layout. */
  readonly store: 'classic' | 'containerd' | 'podman' | 'layout';
  /** Where it was found, such as `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** The platform of its containers. */
  readonly platform: Platform;
}

/** What a receiver has of an image; `release` lets go of whatever keeps it from being collected meanwhile. */
export interface Holding {
  /** By diffID. */
  readonly layers: ReadonlyMap<Digest, HeldLayer>;
  release(): Promise<void>;
}

/** What an engine has that cannot tell: it is given everything. */
export const holdsNothing: Holding = { layers: new Map(), release: async () => undefined };

/** How far a pull is, in bytes; `total` grows as the engine finds out. */
export interface PullProgress {
  readonly received: number;
  readonly total: number;
}

/** Something that happened to the engine: its images changed, it went away, or it is back. */
export type EngineEvent =
  | { readonly type: 'changed' }
  | { readonly type: 'lost'; readonly reason: string }
  | { readonly type: 'back' };

/**
 * An image engine, as this project needs one. All failures are `P2pimgError`s: `ENGINE_UNREACHABLE` or
 * `ENGINE_DENIED` where it does not answer, `IMAGE_UNKNOWN` for what it has not, `ENGINE_FAILED` for what it says
 * itself, `NO_SPACE` where its disk is full.
 */
export interface Engine {
  identify(): Promise<EngineIdentity>;
  list(): Promise<ListedImage[]>;
  /** Describes the image of this ID for one platform; `OTHER_PLATFORM` where it has only others. */
  describe(id: Digest, platform: Platform, signal: AbortSignal): Promise<ImageDescription>;
  /**
   * Which layers of a described image are here already. `alike` are other descriptions of the same image, of whose
   * blobs some may have come in an import that broke off.
   */
  hold(image: ImageDescription, signal: AbortSignal, alike?: readonly ImageDescription[]): Promise<Holding>;
  /** Streams the wanted blobs of an image, each once, in the engine's own order. Leaving the loop early stops the engine. */
  export(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncIterable<BlobStream>;
  /**
   * Imports an image without a name from the blobs that come, and proves it: the config digest is the described
   * one and every blob is there (`IMPORT_UNPROVED` otherwise). If the blobs throw, nothing is kept.
   * Resolves to the ID that the engine shows.
   */
  import(
    image: ImageDescription,
    held: Holding['layers'],
    blobs: AsyncIterable<BlobStream>,
    signal: AbortSignal,
  ): Promise<Digest>;
  /** Gives an image a name, taking it from whatever had it; resolves to the ID of what it replaced. */
  tag(id: Digest, reference: Reference): Promise<Digest | undefined>;
  /** Pulls an image from its own registry, where the engine can do that; resolves to its ID. */
  pull?(
    reference: Reference,
    platform: Platform,
    signal: AbortSignal,
    tell: (progress: PullProgress) => void,
  ): Promise<Digest>;
  /** What happens to the engine, until the signal; begins again by itself after the engine was away. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
  close(): Promise<void>;
}
