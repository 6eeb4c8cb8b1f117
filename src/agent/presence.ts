import { EventEmitter } from 'node:events';
import { sealed } from '../discovery/advert.js';
import type { Discovery } from '../discovery/discovery.js';
import { buildFilter } from '../discovery/filter.js';
import type { Engine } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { canonical } from '../image/reference.js';
import { type Listener, listen } from '../net/listen.js';
import { Tickets } from '../transfer/tickets.js';
import type { Team } from '../trust/team.js';
import type { Channel } from '../wire/channel.js';
import { type MessageOf, protocolVersion } from '../wire/message.js';
import type { Arrivals } from './arrivals.js';
import type { Catalogue } from './catalogue.js';
import type { Device } from './device.js';
import type { Granted } from './granted.js';
import { noteMember } from './note-member.js';
import type { Pace } from './pace.js';
import { serve } from './serve.js';
import type { Tally } from './tally.js';
import type { Uploads } from './uploads.js';

/** What a device shows itself with. */
export interface PresenceOptions {
  readonly device: Device;
  readonly discovery: Discovery;
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly uploads: Uploads;
  readonly uploadPace: Pace;
  readonly tally: Tally;
  readonly granted: Granted;
  readonly arrivals: Pick<Arrivals, 'welcome'>;
  readonly hello: () => MessageOf<'hello'>;
  readonly name: string;
  /** The only address to listen at; all where absent. */
  readonly host: string | undefined;
}

/** This device as its peers see it: the port that lets the team in, and the advertisement. */
export class Presence {
  /** `trouble`: a peer broke the rules, or somebody did not get in. */
  readonly events = new EventEmitter<{ trouble: [P2pimgError] }>();
  readonly #options: PresenceOptions;
  /** Each with the team that it proved to be in. */
  readonly #visitors = new Map<Channel, Team>();
  readonly #tickets = new Tickets();
  #listening: { readonly listener: Listener; readonly since: string } | undefined;
  #unseen: Promise<Listener> | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
    options.catalogue.events.on('changed', () => this.advertise());
  }

  /** Where peers are let in, and since when (RFC 3339); `undefined` before `open`. */
  get listening(): { readonly port: number; readonly since: string } | undefined {
    return this.#listening && { port: this.#listening.listener.port, since: this.#listening.since };
  }

  /** How many connections of peers there are. */
  get visitors(): number {
    return this.#visitors.size;
  }

  /** Lets the team in, and advertises this device; throws `PORT_TAKEN`. */
  async open(port: number): Promise<void> {
    this.#listening = { listener: await this.#listen(port), since: new Date().toISOString() };
    this.advertise();
  }

  /** The port where the team is let in; where it is not, it is from now on, at any port and without an advertisement. */
  async port(): Promise<number> {
    if (this.#listening !== undefined) return this.#listening.listener.port;
    this.#unseen ??= this.#listen(0);
    return (await this.#unseen).port;
  }

  #listen(port: number): Promise<Listener> {
    const { device, host } = this.#options;
    return listen({
      identity: device.identity,
      team: () => device.teams.team,
      former: () => device.teams.former,
      port,
      host,
      onChannel: (channel, team) => void this.#welcome(channel, team),
      onRefused: ({ address, reason }) => {
        this.#options.tally.refusedConnections += 1;
        this.events.emit(
          'trouble',
          new P2pimgError('UNPROVED', `${address} was not let in: ${reason}`, { peer: address, reason }),
        );
      },
    });
  }

  /** Says on the network that this device is there, as it is now. */
  advertise(): void {
    if (this.#listening === undefined) return;
    const { device, discovery, name, catalogue } = this.#options;
    const { generation, shared } = catalogue;
    const { peerId } = device.identity;
    const { port } = this.#listening.listener;
    const plain = {
      peerId,
      name,
      protocol: protocolVersion,
      generation,
      port,
      teamTag: undefined,
      filter: undefined,
      seal: undefined,
    };
    const { team } = device.teams;
    if (team === undefined) {
      discovery.advertise(plain);
      return;
    }
    const key = team.filterKey;
    const items = shared.flatMap(({ id, configDigest, references }) => [
      id,
      configDigest ?? id,
      ...references.map(canonical),
    ]);
    discovery.advertise(
      sealed(key, { ...plain, teamTag: team.tag, filter: buildFilter({ key, peerId, generation }, items) }),
    );
  }

  /** After the team changed: whoever was let in by another must prove itself again. */
  changeTeam(): void {
    const { teams } = this.#options.device;
    for (const [visitor, team] of this.#visitors)
      if (!teams.holds(team)) visitor.destroy(new P2pimgError('PEER_LOST', 'this device changed its team'));
    this.advertise();
  }

  /** Lets nobody in any more, and cuts off who is there. */
  async close(): Promise<void> {
    await this.#listening?.listener.close();
    await (await this.#unseen?.catch(() => undefined))?.close();
    for (const visitor of this.#visitors.keys()) visitor.close();
  }

  async #welcome(channel: Channel, team: Team): Promise<void> {
    this.#visitors.set(channel, team);
    const { device, engine, catalogue, uploads, uploadPace, tally, granted, arrivals, hello } = this.#options;
    const { teams } = device;
    const met = ({ peerId }: Channel, name: string) => {
      if (this.#listening !== undefined) noteMember(teams, team, { peerId, name });
    };
    try {
      const tickets = this.#tickets;
      const house = { engine, catalogue, uploads, uploadPace, tally, tickets, granted, arrivals, hello, met };
      await serve(channel, house);
    } catch (error) {
      this.events.emit('trouble', asP2pimgError(error).with({ peer: channel.remote }));
    } finally {
      this.#visitors.delete(channel);
      channel.close();
    }
  }
}
