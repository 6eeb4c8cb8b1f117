import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import type { HeldLayer, ImageDescription, ListedImage } from '../image/image.js';
import type { Platform } from '../image/platform.js';
import type { Reference } from '../image/reference.js';

/** What an engine is, for people and for the peers. */
export interface EngineIdentity {
  readonly kind: 'docker' | 'podman' | 'store' | 'archives';
  readonly version: string;
  /** How it keeps images: Docker's classic or containerd store, Podman's, an OCI layout, or archives as they are. */
  readonly store: 'classic' | 'containerd' | 'podman' | 'layout' | 'archives';
  /** Where it was found, such as `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** The folder of this machine where it keeps images; absent where that is not known, or not on this machine. */
  readonly folder?: string | undefined;
  /** The platform of its containers. */
  readonly platform: Platform;
}

/** Which way images go in and out of an engine, and why: whole by save and load, or by single blobs. */
export interface Lane {
  readonly name: 'save' | 'loopback' | 'blobs';
  readonly why: string;
}

/** Which lane Docker is used by: the one that was found to work, or one that a person names. */
export type LaneChoice = 'auto' | 'loopback' | 'save';

/** What a receiver has of an image; `release` lets go of whatever keeps it from being collected meanwhile. */
export interface Holding {
  /** By diffID. */
  readonly layers: ReadonlyMap<Digest, HeldLayer>;
  release(): Promise<void>;
}

/** What an engine has that cannot tell: it is given everything. */
export const holdsNothing: Holding = { layers: new Map(), release: async () => undefined };

/** Gives an image's blobs singly, in any order, and several at once. */
export interface BlobReader {
  /** Says which blobs will probably be read, before the first is. */
  begin(expected: ReadonlySet<Digest>): void;
  /** One blob from its first byte on; its content must be read to its end, and is not proved yet. */
  read(digest: Digest): Promise<BlobStream>;
  close(): Promise<void>;
}

/** What an import came to: the engine's ID of the image, and of the one that had its name before. */
export interface Imported {
  readonly id: Digest;
  readonly replaced: Digest | undefined;
}

/** Imports an image by asking for its blobs singly. */
export interface Puller {
  /** The layers that are here, as far as that is known beforehand. */
  readonly held: Holding['layers'];
  /**
   * Asks for what is missing, in any order and several at once, each from some byte on; imports, proves and names the
   * image. If anything fails, nothing is kept, and the name stays as it was.
   */
  pull(
    read: (digest: Digest, offset: number) => BlobStream,
    reference: Reference,
    signal: AbortSignal,
  ): Promise<Imported>;
}

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
  lane(): Promise<Lane>;
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
  /** How single blobs of an image are read; `undefined` where it can only `export`. */
  reader(image: ImageDescription): Promise<BlobReader | undefined>;
  /** Whether it can import this image by asking for single blobs; `undefined` where it can only `import`. */
  puller(image: ImageDescription): Promise<Puller | undefined>;
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
