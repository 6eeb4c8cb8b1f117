import { EventEmitter } from 'node:events';
import type { ErrorCode } from '../error.js';

/** How a transfer ended. */
export type Outcome = 'done' | 'already' | 'nobody' | 'lost' | 'unproved' | 'interrupted' | 'failed';

/** A transfer that is over: an image that was given to a peer, or got from one. */
export interface Transfer {
  readonly type: 'gave' | 'got';
  readonly image: string;
  /** The other device's ID, or its name where that is known. */
  readonly peer: string | undefined;
  readonly outcome: Outcome;
  /** Of the failure. */
  readonly code: ErrorCode | undefined;
  /** That crossed the network, where it can be told which were of this one. */
  readonly bytes: number | undefined;
  readonly ms: number;
}

const unproved: ReadonlySet<ErrorCode> = new Set([
  'DIGEST_INVALID',
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
  'BLOB_MISSING',
  'BLOB_UNWANTED',
  'MANIFEST_INVALID',
  'IMAGE_CONFIG_INVALID',
  'ARCHIVE_INVALID',
  'IMPORT_UNPROVED',
  'PROTOCOL_VIOLATION',
]);

/** How a transfer ended that ended with this error. */
export function outcomeOf(code: ErrorCode | undefined): Outcome {
  if (code === undefined) return 'done';
  if (code === 'NOBODY_HAS_IT' || code === 'PEER_UNKNOWN' || code === 'OTHER_PLATFORM') return 'nobody';
  if (code === 'PEER_LOST') return 'lost';
  if (code === 'INTERRUPTED') return 'interrupted';
  return unproved.has(code) ? 'unproved' : 'failed';
}

/** What an agent has done since its start, in numbers that only grow. It knows no peers, and no images. */
export class Tally {
  /** `ended`: a transfer is over. */
  readonly events = new EventEmitter<{ ended: [Transfer] }>();
  sentBytes = 0;
  receivedBytes = 0;
  /** Connections that did not prove to be of the team. */
  refusedConnections = 0;
  readonly #transfers = new Map<string, number>();

  ended(transfer: Transfer): void {
    const key = `${transfer.type} ${transfer.outcome}`;
    this.#transfers.set(key, (this.#transfers.get(key) ?? 0) + 1);
    this.events.emit('ended', transfer);
  }

  /** How many transfers of this kind have ended so. */
  transfers(type: Transfer['type'], outcome: Outcome): number {
    return this.#transfers.get(`${type} ${outcome}`) ?? 0;
  }
}
