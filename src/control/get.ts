import type { Digest } from '../image/digest.js';
import type { PlanEvent, WireProgressEvent } from './events.js';
import type { AsidePeer, PeerName } from './peer-name.js';

/** What `get` is asked for. */
export interface GetRequest {
  /** A reference or an ID, as typed. */
  readonly image: string;
  /** `os/architecture[/variant]`; the engine's own where absent. */
  readonly platform?: string | undefined;
  /** Take it from this peer only: its name, or the first digits of its ID. */
  readonly from?: string | undefined;
  /** Of several images under this name, the one whose ID begins so. */
  readonly id?: string | undefined;
  /** The name that it gets here, instead of the one that was asked for. */
  readonly as?: string | undefined;
  /** Where an image has this name here already, whichever it is, there is nothing to get. */
  readonly ifMissing?: boolean | undefined;
  /** Where nobody has it, the engine pulls it from its registry. */
  readonly orPull?: boolean | undefined;
  /** Stop after `plan`; nothing is transferred, and there is no `done`. */
  readonly dryRun?: boolean | undefined;
}

/** Another image that a peer has under the name that was asked for. */
export interface Differing {
  readonly peer: PeerName;
  /** The config digest where known, else the image ID. */
  readonly id: Digest;
  readonly created?: string | undefined;
}

/**
 * What happens during a `get`, in the order of a transfer's life. These are the events of `--json`; a field is never
 * renamed. Sizes are bytes, times milliseconds unless a name says otherwise.
 */
export type GetEvent =
  /** Looking for peers that have it. */
  | {
      readonly type: 'looking';
      readonly image: string;
      /** Where images are kept on a machine that has no container engine. */
      readonly embeddedStore?: string | undefined;
    }
  /** A peer has it. `others` have the same image too; `differing` have another under its name. */
  | {
      readonly type: 'found';
      readonly image: string;
      readonly configDigest: Digest;
      readonly platform: string;
      readonly size: number;
      /** False where `size` is the source engine's estimate. */
      readonly sizeExact: boolean;
      readonly created?: string | undefined;
      readonly peer: PeerName;
      readonly others: readonly string[];
      readonly differing: readonly Differing[];
    }
  /** The peer is getting ready: its engine writes a temporary copy, or is asked what the image consists of. */
  | { readonly type: 'preparing'; readonly peer: PeerName; readonly what: string }
  | PlanEvent
  | WireProgressEvent
  /** Everything arrived; the receiver's engine is at work. */
  | { readonly type: 'loading'; readonly engine: string }
  /** This peer failed its proof, and is set aside; the next source is asked. */
  | { readonly type: 'aside'; readonly peer: AsidePeer }
  /** The peer was lost; looking for it or another. */
  | {
      readonly type: 'lost';
      readonly peer: PeerName;
      readonly received: number;
      readonly givesUpInMs: number;
    }
  | { readonly type: 'resumed'; readonly peer: PeerName; readonly received: number }
  /** Nobody has it; the engine pulls it from its registry. At most ten a second; `total` grows. */
  | {
      readonly type: 'pulling';
      readonly image: string;
      readonly engine: string;
      readonly received: number;
      readonly total: number;
    }
  /** The image is here and proved. The last event of a `get` that went well. */
  | {
      readonly type: 'done';
      /** The familiar reference it has here now, or its ID where it was asked for by ID. */
      readonly image: string;
      readonly configDigest: Digest;
      /** What the engine shows as its ID. */
      readonly id: Digest;
      /** True where nothing had to come. */
      readonly already: boolean;
      /** True where the engine pulled it from its registry. */
      readonly pulled?: boolean | undefined;
      readonly peer?: PeerName | undefined;
      readonly received: number;
      readonly wire: number;
      readonly reused: number;
      readonly durationMs: number;
      /** The ID of the image that had this name before. */
      readonly replaced?: Digest | undefined;
    };
