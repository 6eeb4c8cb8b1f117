import { EventEmitter, once, setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BoundedMap } from '../bounded-map.js';
import type { GonePeer } from '../control/api.js';
import { deadlineOf } from '../deadline.js';
import type { Discovery } from '../discovery/discovery.js';
import { type Endpoint, type Peer, parseEndpoint, showEndpoint } from '../discovery/peer.js';
import { maximumPeers, PeerTable } from '../discovery/table.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { Channel } from '../wire/channel.js';
import type { MessageOf } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import { BackOff } from './back-off.js';
import type { Device } from './device.js';
import { GonePeers } from './gone-peers.js';
import { type Callee, Lines } from './lines.js';
import type { Neighbour } from './neighbour.js';
import type { News } from './news.js';
import { noteMember } from './note-member.js';
import type { Pace } from './pace.js';
import { PacedChannel } from './paced-channel.js';
import { Session } from './session.js';
import { tableTeams } from './table-teams.js';
import { Visits } from './visits.js';

/** What the neighbours are found and met with. */
export interface NeighbourhoodOptions {
  readonly device: Device;
  readonly discovery: Discovery;
  readonly hello: () => MessageOf<'hello'>;
  /** Tells a peer of this device, over the connection by which it is known; only for who listens. */
  readonly news?: ((channel: Channel) => News) | undefined;
  /** Peers named by address. */
  readonly named: readonly string[];
  readonly downloadPace: Pace;
  /** Whether this process may write down who was met: only the agent writes. */
  readonly noteMembers: () => boolean;
}

/** How long a browser waits for the answers of a LAN before it says that nobody is there. */
const browseMs = 1_400;

/** The live peers of this device's team: finds them, keeps a connection to each, and forgets those that are gone. */
export class Neighbourhood {
  /** `changed`: somebody came, or went, or shares other images now. `failed`: a peer could not be met; it is tried again. */
  readonly events = new EventEmitter<{ changed: []; failed: [peer: Peer, error: P2pimgError] }>();
  readonly #options: NeighbourhoodOptions;
  readonly #table: PeerTable;
  readonly #lines: Lines;
  readonly #neighbours = new Map<PeerId, Neighbour>();
  /** As each was when it was last met: a peer that is lost in mid-transfer may answer there again. */
  readonly #lastKnown = new BoundedMap<PeerId, Peer>(maximumPeers);
  /** Those that are being dialled, or will be when their back-off is over. */
  readonly #meeting = new Set<string>();
  readonly #visits = new Visits();
  readonly #gone = new GonePeers();
  #dialling = 0;
  readonly #backOff = new BackOff();
  readonly #closed = new AbortController();
  #startedAt = 0;

  constructor(options: NeighbourhoodOptions) {
    this.#options = options;
    this.#lines = new Lines(options.device);
    const { identity, teams } = options.device;
    this.#table = new PeerTable({ self: identity.peerId, ...tableTeams(teams) });
    this.events.setMaxListeners(0);
    setMaxListeners(0, this.#closed.signal); // one for each that is dialled
  }

  async start(): Promise<void> {
    const { discovery, named } = this.#options;
    for (const event of ['added', 'changed'] as const)
      this.#table.events.on(event, (peer) => void this.#meet(peer));
    this.#table.events.on('removed', ({ peerId }) => peerId && this.#forget(peerId));
    discovery.events.on('seen', (advert) => this.#table.seen(advert));
    discovery.events.on('gone', (peerId) => {
      // Anybody can say another's goodbye; one whose connection stands is gone when that ends.
      if (!this.#neighbours.has(peerId)) this.#table.gone(peerId);
    });
    this.#startedAt = performance.now();
    await discovery.start();
    for (const address of named) this.#table.addNamed(parseEndpoint(address));
  }

  /** Those that answer, in the order in which they came. */
  all(): Neighbour[] {
    return [...this.#neighbours.values()];
  }

  /** Whether the connection to one of these, as they were, is over. */
  lacks(neighbours: readonly Neighbour[]): boolean {
    return neighbours.some((one) => this.#neighbours.get(one.peerId)?.session !== one.session);
  }

  /** Those that were met and are not there any more, the last one first. */
  gone(): GonePeer[] {
    return this.#gone.all();
  }

  /** Of those that answer, the ones whose filter does not rule out this reference or digest. */
  matching(item: string): Neighbour[] {
    const ids = new Set(this.#table.matching(item).map(({ peerId }) => peerId));
    return this.all().filter(({ peerId }) => ids.has(peerId));
  }

  /** How many agents of other teams are on this network. */
  otherTeams(): number {
    return this.#table.otherTeams();
  }

  /** Without a team nobody can be a neighbour. */
  get isTeamless(): boolean {
    return this.#options.device.teams.team === undefined;
  }

  /** Waits until whoever is on the network had the time to answer; at most for about two seconds. */
  async settled(): Promise<void> {
    const left = this.#startedAt + browseMs - performance.now();
    if (left > 0) await delay(left, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    const deadline = deadlineOf(1_000, this.#closed.signal);
    while (this.#dialling > 0 && !deadline.signal.aborted)
      await once(this.events, 'changed', deadline).catch(() => undefined);
    deadline.clear();
  }

  /** A fresh channel to a peer, after both said hello; throws `PEER_LOST` or `UNPROVED`. */
  async open(peerId: PeerId, signal: AbortSignal): Promise<Channel> {
    const peer = this.#table.peer(peerId) ?? this.#lastKnown.get(peerId);
    if (peer !== undefined) return this.#openTo(peer, signal);
    throw new P2pimgError('PEER_LOST', 'the peer is gone');
  }

  /** The same to a peer that has proved itself, at an address that it named. */
  openAt(peerId: PeerId, endpoint: Endpoint, signal: AbortSignal): Promise<Channel> {
    return this.#openTo({ peerId, endpoints: [endpoint] }, signal);
  }

  /** A peer's connection serves both ways: where that peer is known, the one that was dialled to it is not needed. */
  visited(session: Session): void {
    const { peerId } = session.channel;
    this.#visits.add(session);
    const before = this.#neighbours.get(peerId);
    if (before === undefined) return;
    this.#stay({ ...before, session });
    before.session.close();
  }

  /** After the team changed: nobody is known any more but who is met by a team that still holds. */
  changeTeam(): void {
    for (const [peerId, { session }] of this.#neighbours) {
      // who dialled us is cut off by the presence, where that must be
      if (this.#visits.of(peerId) === session || this.#lines.holds(session.channel)) continue;
      session.close();
      this.#neighbours.delete(peerId);
    }
    this.#lines.cut();
    this.#backOff.clear();
    for (const peerId of this.#lastKnown.keys())
      if (!this.#neighbours.has(peerId)) this.#lastKnown.delete(peerId);
    this.#gone.clear();
    const { team, former } = tableTeams(this.#options.device.teams);
    this.#table.setTeam(team, former);
    this.#options.discovery.refresh();
    for (const peer of this.#table.peers()) void this.#meet(peer);
    this.events.emit('changed');
  }

  /** Lets go of everybody; the discovery is stopped by whoever started it. */
  close(): void {
    this.#closed.abort();
    for (const { session } of this.#neighbours.values()) session.close();
    this.#neighbours.clear();
  }

  async #openTo(peer: Callee, signal: AbortSignal): Promise<Channel> {
    const channel = await this.#lines.dial(peer, signal);
    await channel.send(this.#options.hello());
    return new PacedChannel(channel, { down: this.#options.downloadPace });
  }

  /** Connects to a peer in the table, unless that is done or under way, and stays connected. */
  async #meet(peer: Peer): Promise<void> {
    const key = peer.peerId ?? peer.endpoints.map(showEndpoint).join();
    if (
      this.#meeting.has(key) ||
      (peer.peerId && this.#neighbours.has(peer.peerId)) ||
      this.#closed.signal.aborted
    )
      return;
    this.#meeting.add(key);
    try {
      const wait = this.#backOff.left(key);
      if (wait > 0) await delay(wait, undefined, { signal: this.#closed.signal, ref: false });
      await this.#connect(peer, key);
    } catch (error) {
      this.#failed(peer, key, asP2pimgError(error));
    } finally {
      this.#meeting.delete(key);
      this.events.emit('changed');
    }
  }

  async #connect(peer: Peer, key: string): Promise<void> {
    this.#dialling += 1;
    try {
      const { hello, news, device } = this.#options;
      const channel = await this.#lines.dial(peer, this.#closed.signal);
      const isLower = device.identity.peerId < channel.peerId;
      const session = await Session.open(channel, hello(), isLower ? news : undefined);
      this.#backOff.forget(key);
      this.#enter(peer, session);
    } finally {
      this.#dialling -= 1;
    }
  }

  #enter(peer: Peer, session: Session): void {
    const [{ peerId }, { name }] = [session.channel, session.hello];
    const { teams, identity } = this.#options.device;
    const before = this.#neighbours.get(peerId)?.session;
    const isOneMore = before !== undefined && !session.servesBothWays;
    if (this.#closed.signal.aborted || isOneMore || peerId === identity.peerId) {
      session.close();
      return;
    }
    this.#gone.back(peerId);
    const visit = this.#visits.of(peerId);
    this.#stay({ peerId, name, session: visit ?? session, since: new Date().toISOString() });
    for (const endpoint of peer.endpoints) this.#table.learned(endpoint, peerId, name);
    this.#table.alive(peerId, parseEndpoint(session.channel.remote));
    this.#lastKnown.set(peerId, { ...peer, peerId });
    if (teams.team !== undefined && this.#options.noteMembers())
      noteMember(teams, teams.team, { peerId, name });
    if (visit !== undefined) session.close();
    before?.close(); // the peer keeps the last one too
  }

  /** As a neighbour, for as long as the connection lives. */
  #stay(neighbour: Neighbour): void {
    const { peerId, session } = neighbour;
    this.#neighbours.set(peerId, neighbour);
    session.events.on('changed', () => this.events.emit('changed'));
    void session.over.then(() => {
      if (this.#neighbours.get(peerId)?.session !== session) return;
      this.#left(neighbour);
      // Perhaps it only restarted, or the network stumbled: one more try decides whether it is gone.
      const known = this.#table.peer(peerId);
      if (known !== undefined) void this.#meet(known);
    });
  }

  #failed(peer: Peer, key: string, error: P2pimgError): void {
    if (this.#closed.signal.aborted) return;
    const ms = this.#backOff.failed(key, error.code);
    this.events.emit('failed', peer, error);
    if (peer.peerId !== undefined) this.#table.dead(peer.peerId);
    this.#options.discovery.refresh();
    if (peer.how !== 'advertised') setTimeout(() => this.#meetAgain(peer), ms).unref();
  }

  /** A peer that was named by address is tried for as long as it is named. */
  #meetAgain({ endpoints: [endpoint] }: Peer): void {
    const peer = endpoint && this.#table.at(endpoint);
    if (peer !== undefined) void this.#meet(peer);
  }

  #forget(peerId: PeerId): void {
    const neighbour = this.#neighbours.get(peerId);
    if (neighbour === undefined) return;
    this.#left(neighbour);
    neighbour.session.close();
  }

  #left({ peerId, name }: Neighbour): void {
    this.#neighbours.delete(peerId);
    this.#gone.left({ name, id: peerId });
    this.events.emit('changed');
  }
}
