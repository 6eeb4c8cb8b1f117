import { P2pimgError } from '../error.js';
import type { Neighbour } from './neighbour.js';
import type { Neighbourhood } from './neighbours.js';

/** The neighbour of this name, or whose ID begins so; `PEER_UNKNOWN`, `SELECTOR_AMBIGUOUS`. */
export function namedPeer(neighbourhood: Neighbourhood, from: string): Neighbour {
  const all = neighbourhood.all();
  const named = all.filter(
    ({ name, peerId }) => name === from || (from.length >= 6 && peerId.startsWith(from)),
  );
  const [found] = named;
  if (found === undefined)
    throw new P2pimgError('PEER_UNKNOWN', `no peer ${from} on this network`, {
      peer: from,
      peers: all.map(({ name }) => name),
      otherTeams: neighbourhood.otherTeams(),
    });
  if (named.length > 1)
    throw new P2pimgError('SELECTOR_AMBIGUOUS', `${named.length} peers are called ${from}`, {
      peer: from,
      candidates: named.map(({ peerId }) => peerId.slice(0, 12)),
    });
  return found;
}
