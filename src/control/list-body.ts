import type { ListReport, ListRow, PeerName } from './api.js';

/** A list as it crosses the control socket: each peer once, and in each row where those stand that have it. */
export interface ListBody extends Omit<ListReport, 'images'> {
  readonly holders: readonly PeerName[];
  readonly images: readonly (Omit<ListRow, 'peers'> & { readonly peers: readonly number[] })[];
}

export function packList({ images, ...report }: ListReport): ListBody {
  const places = new Map<string, number>();
  const holders: PeerName[] = [];
  const placeOf = (peer: PeerName): number => {
    const known = places.get(peer.id);
    if (known !== undefined) return known;
    places.set(peer.id, holders.length);
    return holders.push(peer) - 1;
  };
  const rows = images.map((row) => ({ ...row, peers: row.peers.map(placeOf) }));
  return { ...report, holders, images: rows };
}

export function unpackList({ holders, images, ...report }: ListBody): ListReport {
  const peerAt = (place: number): readonly PeerName[] | PeerName => holders[place] ?? [];
  return { ...report, images: images.map((row) => ({ ...row, peers: row.peers.flatMap(peerAt) })) };
}
