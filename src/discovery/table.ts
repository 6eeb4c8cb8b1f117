import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { PeerId } from '../wire/peer-id.js';
import { type Advert, isSealed } from './advert.js';
import { maximumAddresses } from './dial.js';
import { type Advertised, asPeer, distinct, isSame, merged, type Named } from './entry.js';
import { mayContain } from './filter.js';
import { type Endpoint, type Peer, showEndpoint } from './peer.js';
import { Strangers } from './strangers.js';

/** The team to whose adverts a table listens: its tag, and the 32-byte key of seals and filters. */
export interface TableTeam {
  readonly tag: string;
  readonly key: Uint8Array;
}

/** What a table starts with; `now` in milliseconds. */
export interface TableOptions {
  readonly self: PeerId;
  readonly team?: TableTeam | undefined;
  /** The team before, while it has its grace. */
  readonly former?: TableTeam | undefined;
  readonly now?: (() => number) | undefined;
}

/** What a table tells: never for `lastSeen` alone. */
export interface TableEvents {
  readonly added: [peer: Peer];
  readonly changed: [peer: Peer];
  readonly removed: [peer: Peer];
}

/** So many peers, and so many agents of other teams, are remembered. */
export const maximumPeers = 2_000;

/** The live peers of our team, and how many agents of other teams there are. It holds no socket and no timer. */
export class PeerTable {
  readonly events = new EventEmitter<TableEvents>();
  private readonly self: PeerId;
  private readonly now: () => number;
  private teams: readonly TableTeam[];
  private readonly advertised = new Map<PeerId, Advertised>();
  private readonly named = new Map<string, Named>();
  private readonly strangers: Strangers;

  constructor({ self, team, former, now = Date.now }: TableOptions) {
    this.self = self;
    this.teams = listOf(team, former);
    this.now = now;
    this.strangers = new Strangers(maximumPeers, now);
  }

  /** Changes the team, and the one before that has its grace; what any other advertised is forgotten. */
  setTeam(team: TableTeam | undefined, former?: TableTeam | undefined): void {
    this.changing(() => {
      this.teams = listOf(team, former);
      for (const [peerId, { advert }] of this.advertised)
        if (this.teamOf(advert) === undefined) this.advertised.delete(peerId);
      this.strangers.clear();
    });
  }

  /** An advert was seen. One under our tag without our seal is a forgery and passed over. */
  seen(advert: Advert): void {
    if (advert.peerId === this.self || advert.teamTag === undefined) return;
    const team = this.teamOf(advert);
    if (team === undefined) {
      if (!this.advertised.has(advert.peerId)) this.strangers.seen(advert.peerId);
      return;
    }
    const before = this.advertised.get(advert.peerId);
    if (before !== undefined && isDeepStrictEqual(advert, before.advert)) {
      this.advertised.set(advert.peerId, { ...before, lastSeen: this.now() });
      return;
    }
    if (before === undefined && this.advertised.size >= maximumPeers) return;
    if (advert.addresses.length === 0 || !isSealed(team.key, advert)) return;
    this.strangers.forget(advert.peerId);
    this.changing(() => {
      const fresh = advert.addresses.map((host) => ({ host, port: advert.port }));
      const old = before?.endpoints.filter(({ port }) => port === advert.port) ?? [];
      this.advertised.set(advert.peerId, {
        advert,
        endpoints: distinct([...fresh, ...old]).slice(0, maximumAddresses),
        proved: before?.proved,
        standing: before?.standing ?? 'hinted',
        lastSeen: this.now(),
      });
    }, advert.peerId);
  }

  /** The peer said goodbye. */
  gone(peerId: PeerId): void {
    this.strangers.forget(peerId);
    this.dead(peerId);
  }

  /** A connection with the peer works, at this endpoint where known; that one is tried first from now on. */
  alive(peerId: PeerId, endpoint?: Endpoint): void {
    this.changing(() => {
      const lastSeen = this.now();
      const peer = this.advertised.get(peerId);
      const proved = endpoint ?? peer?.proved;
      if (peer !== undefined) this.advertised.set(peerId, { ...peer, proved, standing: 'proved', lastSeen });
      for (const [key, one] of this.named)
        if (one.peerId === peerId) this.named.set(key, { ...one, standing: 'proved', lastSeen });
    }, peerId);
  }

  /** The peer does not answer: it is out until a fresh advert. A named one stays, as `hinted`. */
  dead(peerId: PeerId): void {
    this.changing(() => {
      this.advertised.delete(peerId);
      for (const [key, one] of this.named)
        if (one.peerId === peerId) this.named.set(key, { ...one, standing: 'hinted' });
    }, peerId);
  }

  /** A person named this address. */
  addNamed(endpoint: Endpoint): void {
    const key = showEndpoint(endpoint);
    if (this.named.has(key)) return;
    this.changing(() => {
      this.named.set(key, { endpoint, standing: 'hinted', lastSeen: this.now() });
    });
  }

  /** Takes back what `addNamed` did. */
  removeNamed(endpoint: Endpoint): void {
    this.changing(() => {
      this.named.delete(showEndpoint(endpoint));
    });
  }

  /** A connection to a named address proved who is there. */
  learned(endpoint: Endpoint, peerId: PeerId, name: string): void {
    const key = showEndpoint(endpoint);
    if (!this.named.has(key)) return;
    this.changing(() => {
      this.named.set(key, { endpoint, peerId, name, standing: 'proved', lastSeen: this.now() });
    });
  }

  /** Every peer, once each: those advertised in the order of their first advert, then those only named. */
  peers(): readonly Peer[] {
    return [...this.collect().values()];
  }

  /** The peer with this ID, if it is in the table. */
  peer(peerId: PeerId): Peer | undefined {
    return this.collect(peerId).get(peerId);
  }

  /** The peer that is at this address, if one is known to be. */
  at(endpoint: Endpoint): Peer | undefined {
    const address = showEndpoint(endpoint);
    return this.peers().find(({ endpoints }) => endpoints.some((one) => showEndpoint(one) === address));
  }

  /** The peers whose filter does not rule out this canonical reference or config digest; named ones always. */
  matching(item: string): readonly Peer[] {
    return this.peers().filter(({ peerId }) => {
      const advert = peerId === undefined ? undefined : this.advertised.get(peerId)?.advert;
      const team = advert && this.teamOf(advert);
      if (advert === undefined || team === undefined) return true;
      return mayContain({ ...advert, key: team.key }, advert.filter, item);
    });
  }

  /** How many agents of other teams were seen in the last five minutes. */
  otherTeams(): number {
    return this.strangers.count();
  }

  private teamOf({ teamTag }: Advert): TableTeam | undefined {
    return this.teams.find(({ tag }) => tag === teamTag);
  }

  /** By peer ID, or by address where that is not known. */
  private collect(only?: PeerId): Map<string, Peer> {
    const found = new Map<string, Peer>();
    for (const [peerId, peer] of only === undefined ? this.advertised : this.advertisedAs(only))
      found.set(peerId, asPeer(peer));
    for (const [key, one] of this.named) {
      if (only !== undefined && one.peerId !== only) continue;
      const id = one.peerId ?? key;
      found.set(id, merged(found.get(id), one));
    }
    return found;
  }

  private advertisedAs(peerId: PeerId): readonly (readonly [PeerId, Advertised])[] {
    const peer = this.advertised.get(peerId);
    return peer === undefined ? [] : [[peerId, peer]];
  }

  private changing(change: () => void, only?: PeerId): void {
    const before = this.collect(only);
    change();
    const after = this.collect(only);
    for (const [id, peer] of before) if (!after.has(id)) this.events.emit('removed', peer);
    for (const [id, peer] of after) {
      const old = before.get(id);
      if (old === undefined) this.events.emit('added', peer);
      else if (!isSame(old, peer)) this.events.emit('changed', peer);
    }
  }
}

function listOf(...teams: readonly (TableTeam | undefined)[]): readonly TableTeam[] {
  return teams.filter((team) => team !== undefined);
}
