import type { EventEmitter } from 'node:events';
import type { P2pimgError } from '../error.js';
import type { PeerId } from '../wire/peer-id.js';
import type { Advert, SelfAdvert } from './advert.js';
import type { LanInterface } from './interfaces.js';

/** What discovery tells. */
export interface DiscoveryEvents {
  /** A device said that it is there: with every packet, changed or not. Never this device itself. */
  readonly seen: [advert: Advert];
  /** A device said goodbye. */
  readonly gone: [peerId: PeerId];
  /** The interfaces changed, or the machine woke: connections and peers may be stale. */
  readonly interfaces: [interfaces: readonly LanInterface[]];
  /** An interface cannot be spoken on; discovery goes on and tries again. Once for each cause and interface. */
  readonly trouble: [error: P2pimgError];
}

/** The port: finds devices on the local network, and lets this one be found. */
export interface Discovery {
  readonly events: EventEmitter<DiscoveryEvents>;
  /** Resolves when it speaks and listens on every interface, or has told why not. */
  start(): Promise<void>;
  /** What this device says of itself from now on, before or after `start`; with `undefined` it says goodbye. */
  advertise(self: SelfAdvert | undefined): void;
  /** Asks again now. */
  refresh(): void;
  /** Says goodbye; resolves when that is on the wire and every socket is closed. */
  stop(): Promise<void>;
}
