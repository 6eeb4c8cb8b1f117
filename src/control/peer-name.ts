/** A peer as people see it. */
export interface PeerName {
  readonly name: string;
  readonly id: string;
}

/** A peer that was caught in a lie: what it failed by, and until when nothing is got from it (RFC 3339). */
export interface AsidePeer extends PeerName {
  readonly code: string;
  readonly until: string;
}
