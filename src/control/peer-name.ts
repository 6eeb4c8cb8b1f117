/** A peer as people see it. */
export interface PeerName {
  readonly name: string;
  readonly id: string;
}
