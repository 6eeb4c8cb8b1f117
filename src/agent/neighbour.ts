import type { PeerId } from '../wire/peer-id.js';
import type { Session } from './session.js';

/** A peer that proved itself and answers. */
export interface Neighbour {
  readonly peerId: PeerId;
  readonly name: string;
  readonly session: Session;
  /** RFC 3339 */
  readonly since: string;
}
