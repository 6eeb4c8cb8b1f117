import type { PeerId } from '../wire/peer-id.js';
import type { Advert } from './advert.js';
import { type Endpoint, type Peer, showEndpoint } from './peer.js';

/** What the table knows from a peer's adverts. */
export interface Advertised {
  readonly advert: Advert;
  readonly endpoints: readonly Endpoint[];
  /** The endpoint at which a connection proved the peer: adverts cannot push it out. */
  readonly proved: Endpoint | undefined;
  readonly standing: Peer['standing'];
  readonly lastSeen: number;
}

/** What the table knows of an address that a person named. */
export interface Named {
  readonly endpoint: Endpoint;
  readonly peerId?: PeerId;
  readonly name?: string;
  readonly standing: Peer['standing'];
  readonly lastSeen: number;
}

/** The peer that an advert tells of. */
export function asPeer({ advert, endpoints, proved, standing, lastSeen }: Advertised): Peer {
  const { peerId, name, teamTag, generation, protocol } = advert;
  const ordered = distinct(proved === undefined ? endpoints : [proved, ...endpoints]);
  const how = 'advertised';
  return { peerId, name, endpoints: ordered, how, standing, teamTag, generation, protocol, lastSeen };
}

/** A peer together with an address that was named for it; that address alone where nothing else is known. */
export function merged(peer: Peer | undefined, { endpoint, peerId, name, standing, lastSeen }: Named): Peer {
  if (peer === undefined) {
    const unknown = { generation: undefined, protocol: undefined };
    const shown = name ?? showEndpoint(endpoint);
    return { peerId, name: shown, endpoints: [endpoint], how: 'named', standing, lastSeen, ...unknown };
  }
  return {
    ...peer,
    endpoints: distinct([...peer.endpoints, endpoint]),
    how: peer.how === 'named' ? 'named' : 'advertised and named',
    standing: standing === 'proved' ? standing : peer.standing,
    lastSeen: Math.max(lastSeen, peer.lastSeen),
  };
}

/** Each endpoint once, at its first place. */
export function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((endpoint) => [showEndpoint(endpoint), endpoint])).values()];
}

/** Whether nothing but `lastSeen` differs. */
export function isSame(one: Peer, other: Peer): boolean {
  return JSON.stringify({ ...one, lastSeen: 0 }) === JSON.stringify({ ...other, lastSeen: 0 });
}
