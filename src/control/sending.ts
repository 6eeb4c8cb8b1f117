import type { Digest } from '../image/digest.js';
import type { PlanEvent, WireProgressEvent } from './events.js';
import type { PeerName } from './peer-name.js';

/** What `send` is asked for. */
export interface SendRequest {
  /** A reference or an ID, as typed. */
  readonly image: string;
  /** The colleague's device: its name, or the first digits of its ID. */
  readonly peer: string;
  /** `os/architecture[/variant]`; that of the peer's engine where absent. */
  readonly platform?: string | undefined;
  /** Into the peer's folder of archives, and not into its engine. */
  readonly store?: boolean | undefined;
}

/** What happens during a `send`, in order: the events of `--json`, whose fields are never renamed. Sizes are bytes. */
export type SendEvent =
  /** The image is here, and so is the peer: it is asked now. */
  | {
      readonly type: 'offering';
      readonly image: string;
      readonly configDigest: Digest;
      readonly platform: string;
      readonly size: number;
      /** False where `size` is this machine's engine's estimate. */
      readonly sizeExact: boolean;
      readonly created?: string | undefined;
      readonly peer: PeerName;
    }
  /** The peer's owner is asked. */
  | { readonly type: 'asking'; readonly peer: PeerName; readonly expiresInMs: number }
  /** The peer accepted, and gets it now. */
  | { readonly type: 'accepted'; readonly peer: PeerName }
  /** What the peer waits for here: this machine's engine, or a free upload. */
  | { readonly type: 'preparing'; readonly what: string }
  | PlanEvent
  | WireProgressEvent
  /** Everything came there; the peer's engine is at work. */
  | { readonly type: 'loading'; readonly peer: PeerName; readonly engine: string }
  /** The peer lost the connection that the image came over, and tries again. */
  | {
      readonly type: 'lost';
      readonly peer: PeerName;
      readonly received: number;
      readonly givesUpInMs: number;
    }
  | { readonly type: 'resumed'; readonly peer: PeerName; readonly received: number }
  /** The image is there and proved. The last event of a `send` that went well. */
  | {
      readonly type: 'done';
      readonly image: string;
      readonly configDigest: Digest;
      readonly peer: PeerName;
      /** What the peer's engine shows as its ID; absent where it went into a folder of archives. */
      readonly id?: Digest | undefined;
      /** The file's name in the peer's folder of archives. */
      readonly file?: string | undefined;
      /** True where nothing had to go. */
      readonly already: boolean;
      readonly received: number;
      readonly wire: number;
      readonly reused: number;
      readonly durationMs: number;
      /** The ID of the image that had this name there before. */
      readonly replaced?: Digest | undefined;
    };

/** An image that a colleague sends here: it waits for its owner's answer, or it is coming. */
export interface Arrival {
  /** By which its owner names it; never used twice while the agent runs. */
  readonly number: number;
  readonly state: 'waiting' | 'coming';
  readonly peer: PeerName;
  /** Familiar reference, or the ID where it has no name. */
  readonly image: string;
  readonly configDigest: Digest;
  readonly platform: string;
  readonly size: number;
  readonly created?: string | undefined;
  readonly into: 'engine' | 'archives';
  /** RFC 3339; when it is refused if nobody answers. */
  readonly expiresAt?: string | undefined;
  /** Blob bytes that have come. */
  readonly received?: number | undefined;
}

/** What colleagues send here at the moment, and the owner's rule. */
export interface ArrivalsReport {
  /** False where no agent runs, and so nothing can wait. */
  readonly running: boolean;
  readonly accept: 'ask' | 'team' | 'never';
  readonly arrivals: readonly Arrival[];
}

/** An owner's answer: which one, by its number or by its peer's name or ID, and what to do. */
export interface ArrivalAnswer {
  readonly which: string;
  readonly deed: 'accept' | 'refuse';
}
