import type {
  Closable,
  GetEvent,
  GetRequest,
  ListReport,
  Operations,
  PeersReport,
  SettingsChange,
  SettingsReport,
  StatusReport,
  TeamReport,
} from '../control/api.js';
import type { Arrival, ArrivalAnswer, ArrivalsReport, SendEvent, SendRequest } from '../control/sending.js';
import type { WatchEvent, WatchRequest } from '../control/watching.js';
import type { Discovery } from '../discovery/discovery.js';
import { MulticastDiscovery } from '../discovery/multicast.js';
import { version } from '../version.js';
import type { AgentSettings } from './agent-settings.js';
import { Catalogue } from './catalogue.js';
import { type Device, openDevice } from './device.js';
import { engineStatus } from './engine-status.js';
import { Exchange } from './exchange.js';
import { Getter } from './getter.js';
import { helloOf } from './hello.js';
import { imageRoom } from './image-room.js';
import { Journal } from './journal.js';
import { Membership } from './membership.js';
import { metricsText } from './metrics.js';
import { Neighbourhood } from './neighbours.js';
import { embeddedStore, type OpenedEngine, openShared } from './open-engine.js';
import { orPull } from './or-pull.js';
import { Owner } from './owner.js';
import { Presence } from './presence.js';
import { listRows, peerRows } from './reports.js';
import { SetAside } from './set-aside.js';
import { SharedGets } from './shared-gets.js';

const maximumNameLength = 60;

/** One device among its peers: what it has, who is there, and all that a person can ask of it. */
export class Agent implements Operations, Closable {
  readonly catalogue: Catalogue;
  readonly presence: Presence;
  readonly discovery: Discovery;
  readonly exchange: Exchange;
  readonly journal: Journal;
  readonly #device: Device;
  readonly #name: string;
  readonly #opened: OpenedEngine;
  readonly owner: Owner;
  readonly #neighbourhood: Neighbourhood;
  readonly #aside = new SetAside();
  readonly #membership: Membership;
  readonly #gets: SharedGets;
  readonly #closed = new AbortController();

  private constructor(device: Device, opened: OpenedEngine, settings: AgentSettings) {
    const { configuration, identity } = device;
    const { engine } = opened;
    this.#device = device;
    this.#opened = opened;
    this.#name = (settings.name ?? configuration.name).slice(0, maximumNameLength);
    this.catalogue = new Catalogue(engine);
    this.owner = new Owner(settings.paths.config, configuration, this.catalogue);
    const { uploads, uploadPace, downloadPace } = this.owner;
    const named = settings.interfaces.length > 0 ? settings.interfaces : configuration.interfaces;
    const interfaces = named.length > 0 ? named : undefined;
    this.journal = new Journal(settings.log, interfaces, () => this.metrics());
    this.discovery = new MulticastDiscovery({ self: identity.peerId, interfaces });
    const shared = {
      device,
      engine,
      catalogue: this.catalogue,
      discovery: this.discovery,
      hello: () => helloOf(this.#name, this.owner.uploads, this.catalogue),
    };
    const patienceMs = configuration.patienceSeconds * 1_000;
    const room = () => imageRoom(configuration.maxImageSize, opened.address);
    this.exchange = new Exchange({
      ...shared,
      neighbourhood: () => this.#neighbourhood,
      rule: () => configuration,
      archives: opened.archives,
      archiveCompression: configuration.archiveCompression,
      patienceMs,
      aside: this.#aside,
      room,
      port: () => this.presence.port(),
      get: (request, signal) => this.get(request, signal),
    });
    this.presence = new Presence({
      ...shared,
      uploads,
      uploadPace,
      tally: this.journal.tally,
      granted: this.exchange.granted,
      arrivals: this.exchange.arrivals,
      name: this.#name,
      host: named.length === 1 ? named[0] : undefined,
    });
    this.#neighbourhood = new Neighbourhood({
      ...shared,
      named: [...configuration.peers, ...settings.peers],
      downloadPace,
      noteMembers: () => this.presence.listening !== undefined,
    });
    this.#membership = new Membership(
      device.teams,
      () => {
        this.presence.changeTeam();
        this.#neighbourhood.changeTeam();
      },
      () => this.presence.listening !== undefined,
    );
    const getter = new Getter({
      ...shared,
      neighbourhood: this.#neighbourhood,
      patienceMs,
      aside: this.#aside,
      room,
      embeddedStore: embeddedStore(opened),
    });
    this.#gets = new SharedGets(this.journal.counting(orPull(getter, engine, this.catalogue)));
    this.journal.follow(this.#neighbourhood, this.presence, this.discovery);
  }

  /** Opens the device and its engine, and begins to look for peers. */
  static async open(settings: AgentSettings): Promise<Agent> {
    const device = await openDevice(settings);
    const { configuration, identity } = device;
    const opened = await openShared({
      named: settings.engine,
      archives: settings.archives,
      configured: configuration,
      stateFolder: settings.paths.state,
      lane: { choice: settings.lane ?? configuration.lane, secret: identity.secretFor('loopback') },
    });
    const agent = new Agent(device, opened, settings);
    await agent.#neighbourhood.start();
    return agent;
  }

  /** Lets the team's other devices in, advertises this one, and follows its engine. Throws `PORT_TAKEN`. */
  async serve(port: number): Promise<void> {
    await this.presence.open(port);
    void this.catalogue.follow(this.#closed.signal);
    await this.catalogue.refresh();
  }

  get(request: GetRequest, signal: AbortSignal): AsyncIterable<GetEvent> {
    return this.#gets.follow(request, signal);
  }

  send(request: SendRequest, signal: AbortSignal): AsyncIterable<SendEvent> {
    return this.exchange.send(request, signal);
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchEvent> {
    return this.exchange.watch(request, signal);
  }

  async arrivals(): Promise<ArrivalsReport> {
    return { running: this.presence.listening !== undefined, ...this.exchange.report() };
  }

  async answer(answer: ArrivalAnswer): Promise<Arrival> {
    return this.exchange.answer(answer);
  }

  async list(): Promise<ListReport> {
    const [ours] = await Promise.all([this.#ourImages(), this.#neighbourhood.settled()]);
    const neighbours = this.#neighbourhood.all();
    return {
      team: this.#device.teams.team?.tag,
      embeddedStore: embeddedStore(this.#opened),
      images: await listRows(neighbours, ours),
      peers: neighbours.map(({ name, peerId }) => ({ name, id: peerId })),
      otherTeams: this.#neighbourhood.otherTeams(),
    };
  }

  async peers(): Promise<PeersReport> {
    await this.#neighbourhood.settled();
    return {
      team: this.#device.teams.team?.tag,
      embeddedStore: embeddedStore(this.#opened),
      peers: await peerRows(this.#neighbourhood.all()),
      gone: this.#neighbourhood.gone(),
      otherTeams: this.#neighbourhood.otherTeams(),
    };
  }

  async status(): Promise<StatusReport> {
    const { identity } = this.#device;
    const { listening } = this.presence;
    return {
      running: listening !== undefined,
      name: this.#name,
      peerId: identity.peerId,
      version,
      pid: listening && process.pid,
      port: listening?.port,
      engine: await engineStatus(this.#opened, () => this.#ourImages()),
      archives: this.archives?.report(),
      team: this.#membership.report(),
      peers: this.#neighbourhood.all().length,
      visitors: this.presence.visitors,
      otherTeams: this.#neighbourhood.otherTeams(),
      uploads: this.owner.uploads.counts,
      ...this.journal.status(),
      arrivals: this.exchange.arrivals.list(),
      aside: this.#aside.all(),
      paused: this.owner.paused,
      shared: this.catalogue.shared.length,
      startedAt: listening?.since,
    };
  }

  async settings(): Promise<SettingsReport> {
    if (this.presence.listening === undefined) await this.catalogue.refresh();
    return this.owner.settings();
  }

  async changeSettings(change: SettingsChange): Promise<SettingsReport> {
    await this.journal.serveMetrics(change);
    await this.owner.change(change);
    return this.settings();
  }

  async metrics(): Promise<string> {
    return metricsText(await this.status(), this.journal.tally);
  }

  showTeam = (): Promise<TeamReport> => this.#membership.show();
  createTeam = (replace: boolean): Promise<TeamReport> => this.#membership.create(replace);
  joinTeam = (invite: string, replace: boolean, graceSeconds = 0): Promise<TeamReport> =>
    this.#membership.join(invite, replace, graceSeconds * 1_000);
  rotateTeam = (graceSeconds: number): Promise<TeamReport> => this.#membership.rotate(graceSeconds * 1_000);
  leaveTeam = (): Promise<void> => this.#membership.leave();

  /** The folder of archives that is shared in place of an engine, if it is one. */
  get archives(): OpenedEngine['archives'] {
    return this.#opened.archives;
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
    this.#membership.close();
    await Promise.all([this.exchange.close(), this.journal.close()]);
    this.#neighbourhood.close();
    await Promise.all([this.discovery.stop(), this.presence.close(), this.#gets.ended()]);
    await this.#opened.engine.close();
  }

  async #ourImages() {
    if (this.presence.listening === undefined) await this.catalogue.refresh();
    if (this.catalogue.state?.type === 'down') throw this.catalogue.state.error;
    return this.catalogue.images;
  }
}
