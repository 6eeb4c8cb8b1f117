import type { P2pimgError } from '../error.js';
import type { Channel } from '../wire/channel.js';
import type { PeerId } from '../wire/peer-id.js';

/** A peer that has the image, and a way to a fresh channel to it. */
export interface Source {
  readonly peer: { readonly name: string; readonly id: PeerId };
  /** Throws `PEER_LOST` or `UNPROVED`. */
  open(signal: AbortSignal): Promise<Channel>;
}

/** The peers that have one image, best first, as they come and go. */
export interface Sources {
  /** The best source that did not fail; `undefined` when all did. */
  now(): Source | undefined;
  /** The same, but waits for one to come, or to come back; throws with the signal. */
  next(signal: AbortSignal): Promise<Source>;
  /** This one failed: after `PEER_LOST` it may come back, after anything else it is out of the question. */
  failed(source: Source, error: P2pimgError): void;
}
