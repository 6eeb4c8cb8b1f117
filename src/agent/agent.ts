import type {
  Closable,
  GetEvent,
  GetRequest,
  ListReport,
  Operations,
  PeersReport,
  StatusReport,
  TeamReport,
} from '../control/api.js';
import type { DeviceOptions } from '../control/options.js';
import { sealed } from '../discovery/advert.js';
import type { Discovery } from '../discovery/discovery.js';
import { buildFilter } from '../discovery/filter.js';
import { MulticastDiscovery } from '../discovery/multicast.js';
import type { EngineIdentity } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { canonical } from '../image/reference.js';
import { type Listener, listen } from '../net/listen.js';
import { writeInvite } from '../trust/invite.js';
import { version } from '../version.js';
import type { Channel } from '../wire/channel.js';
import { type MessageOf, protocolVersion } from '../wire/message.js';
import { Catalogue } from './catalogue.js';
import { type Device, openDevice } from './device.js';
import { engineText } from './engine-text.js';
import { Getter } from './getter.js';
import { Neighbourhood } from './neighbours.js';
import { noteMember } from './note-member.js';
import { type OpenedEngine, openEngine } from './open-engine.js';
import { listRows, peerRows } from './reports.js';
import { serve } from './serve.js';
import { SharedGets } from './shared-gets.js';
import { Uploads } from './uploads.js';

/** What an agent is opened with. `name` and `port` override the configuration. */
export interface AgentSettings extends DeviceOptions {
  readonly name?: string | undefined;
}

/** One device among its peers: what it has, who is there, and all that a person can ask of it. */
export class Agent implements Operations, Closable {
  readonly catalogue: Catalogue;
  readonly uploads: Uploads;
  readonly #device: Device;
  readonly #name: string;
  readonly #opened: OpenedEngine;
  readonly #discovery: Discovery;
  readonly #neighbourhood: Neighbourhood;
  readonly #gets: SharedGets;
  readonly #visitors = new Set<Channel>();
  readonly #closed = new AbortController();
  #listening: { readonly listener: Listener; readonly startedAt: string } | undefined;
  #engineIdentity: EngineIdentity | undefined;

  private constructor(device: Device, opened: OpenedEngine, settings: AgentSettings) {
    const { configuration, identity, teams } = device;
    this.#device = device;
    this.#opened = opened;
    this.#name = settings.name ?? configuration.name;
    this.catalogue = new Catalogue(opened.engine);
    this.uploads = new Uploads(configuration.uploads);
    const interfaces = settings.interfaces.length > 0 ? settings.interfaces : configuration.interfaces;
    this.#discovery = new MulticastDiscovery({
      self: identity.peerId,
      interfaces: interfaces.length > 0 ? interfaces : undefined,
    });
    this.#neighbourhood = new Neighbourhood({
      identity,
      teams,
      discovery: this.#discovery,
      hello: () => this.#hello(),
      named: [...configuration.peers, ...settings.peers],
    });
    const patienceMs = configuration.patienceSeconds * 1_000;
    const getter = new Getter({
      engine: opened.engine,
      catalogue: this.catalogue,
      neighbourhood: this.#neighbourhood,
      patienceMs,
    });
    this.#gets = new SharedGets((request, emit, signal) => getter.get(request, emit, signal));
  }

  /** Opens the device and its engine, and begins to look for peers. */
  static async open(settings: AgentSettings): Promise<Agent> {
    const device = await openDevice(settings);
    const opened = await openEngine(settings.engine ?? device.configuration.engine, settings.paths.state);
    const agent = new Agent(device, opened, settings);
    await agent.#neighbourhood.start();
    return agent;
  }

  /** Lets the team's other devices in, advertises this one, and follows its engine. Throws `PORT_TAKEN`. */
  async serve(port: number): Promise<void> {
    const { identity, teams } = this.#device;
    const listener = await listen({
      identity,
      team: () => teams.team,
      port,
      onChannel: (channel) => void this.#welcome(channel),
    });
    this.#listening = { listener, startedAt: new Date().toISOString() };
    this.catalogue.events.on('changed', () => this.#advertise());
    this.catalogue.events.on('engine', (state) => void this.#noteEngine(state.type));
    void this.catalogue.follow(this.#closed.signal);
    await this.catalogue.refresh();
    this.#advertise();
  }

  get(request: GetRequest, signal: AbortSignal): AsyncIterable<GetEvent> {
    return this.#gets.follow(request, signal);
  }

  async list(): Promise<ListReport> {
    const [ours] = await Promise.all([this.#ourImages(), this.#neighbourhood.settled()]);
    const neighbours = this.#neighbourhood.all();
    return {
      team: this.#device.teams.team?.tag,
      images: await listRows(neighbours, ours),
      peers: neighbours.map(({ name, peerId }) => ({ name, id: peerId })),
      otherTeams: this.#neighbourhood.otherTeams(),
    };
  }

  async peers(): Promise<PeersReport> {
    await this.#neighbourhood.settled();
    return {
      team: this.#device.teams.team?.tag,
      peers: await peerRows(this.#neighbourhood.all()),
      otherTeams: this.#neighbourhood.otherTeams(),
    };
  }

  async status(): Promise<StatusReport> {
    const { identity, teams } = this.#device;
    const { active, limit } = this.uploads;
    return {
      running: this.#listening !== undefined,
      name: this.#name,
      peerId: identity.peerId,
      version,
      pid: this.#listening && process.pid,
      port: this.#listening?.listener.port,
      engine: await this.#engineStatus(),
      team: teams.team && { tag: teams.team.tag, joinedBy: teams.members.length },
      peers: this.#neighbourhood.all().length,
      otherTeams: this.#neighbourhood.otherTeams(),
      uploads: { active, limit },
      startedAt: this.#listening?.startedAt,
    };
  }

  async showTeam(): Promise<TeamReport> {
    const { team, members } = this.#device.teams;
    if (team === undefined) throw new P2pimgError('NO_TEAM', 'this device is in no team');
    return { tag: team.tag, invite: writeInvite(team), members: members.map(({ name }) => name) };
  }

  async createTeam(replace: boolean): Promise<TeamReport> {
    await this.#device.teams.create({ replace });
    this.#changeTeam();
    return this.showTeam();
  }

  async joinTeam(invite: string, replace: boolean): Promise<TeamReport> {
    await this.#device.teams.join(invite, { replace });
    this.#changeTeam();
    return this.showTeam();
  }

  async leaveTeam(): Promise<void> {
    await this.#device.teams.leave();
    this.#changeTeam();
  }

  /** The port that the configuration names. */
  get configuredPort(): number | undefined {
    return this.#device.configuration.port;
  }

  /** Whether this device is in a team. */
  get hasTeam(): boolean {
    return this.#device.teams.team !== undefined;
  }

  /** Says goodbye, and lets go of everything; transfers under way are given up, and leave nothing behind. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#neighbourhood.close();
    await Promise.all([this.#discovery.stop(), this.#listening?.listener.close(), this.#gets.ended()]);
    for (const visitor of this.#visitors) visitor.close();
    await this.#opened.engine.close();
  }

  async #welcome(channel: Channel): Promise<void> {
    this.#visitors.add(channel);
    const { teams } = this.#device;
    const { team } = teams;
    const { engine } = this.#opened;
    const met = ({ peerId }: Channel, name: string) => {
      if (team !== undefined) noteMember(teams, team, { peerId, name });
    };
    try {
      await serve(channel, {
        engine,
        catalogue: this.catalogue,
        uploads: this.uploads,
        hello: () => this.#hello(),
        met,
      });
    } finally {
      this.#visitors.delete(channel);
      channel.close();
    }
  }

  #hello(): MessageOf<'hello'> {
    const { active, limit } = this.uploads;
    const engine = this.#engineIdentity;
    return {
      type: 'hello',
      name: this.#name,
      version,
      ...(engine && { engine: { kind: engine.kind, version: engine.version, store: engine.store } }),
      uploads: { active, limit },
    };
  }

  #advertise(): void {
    const { identity, teams } = this.#device;
    if (this.#listening === undefined || this.#closed.signal.aborted) return;
    const advert = {
      peerId: identity.peerId,
      name: this.#name,
      protocol: protocolVersion,
      generation: this.catalogue.generation,
      port: this.#listening.listener.port,
      teamTag: undefined,
      filter: undefined,
      seal: undefined,
    };
    const { team } = teams;
    if (team === undefined) {
      this.#discovery.advertise(advert);
      return;
    }
    const { generation, images } = this.catalogue;
    const items = images.flatMap(({ id, configDigest, references }) => [
      id,
      ...(configDigest ? [configDigest] : []),
      ...references.map(canonical),
    ]);
    const filter = buildFilter({ key: team.filterKey, peerId: identity.peerId, generation }, items);
    this.#discovery.advertise(sealed(team.filterKey, { ...advert, teamTag: team.tag, filter }));
  }

  #changeTeam(): void {
    for (const visitor of this.#visitors)
      visitor.destroy(new P2pimgError('PEER_LOST', 'this device changed its team'));
    this.#neighbourhood.changeTeam();
    this.#advertise();
  }

  async #ourImages() {
    if (this.#listening === undefined) await this.catalogue.refresh();
    if (this.catalogue.state?.type === 'down') throw this.catalogue.state.error;
    return this.catalogue.images;
  }

  async #engineStatus(): Promise<StatusReport['engine']> {
    const { engine, address, reason } = this.#opened;
    try {
      const images = await this.#ourImages();
      const identity = await engine.identify();
      const why = reason === 'none' ? ' (no container engine on this machine)' : '';
      return { state: 'up', address, description: engineText(identity) + why, images: images.length };
    } catch (error) {
      return { state: 'down', address, reason: asP2pimgError(error).message };
    }
  }

  async #noteEngine(state: 'up' | 'down'): Promise<void> {
    this.#engineIdentity =
      state === 'up' ? await this.#opened.engine.identify().catch(() => undefined) : undefined;
  }
}
