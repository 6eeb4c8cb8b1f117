import type {
  GetEvent,
  GetRequest,
  ListReport,
  Operations,
  PeersReport,
  SettingsChange,
  SettingsReport,
  StatusReport,
  TeamReport,
} from '../../src/control/api.js';
import type {
  Arrival,
  ArrivalAnswer,
  ArrivalsReport,
  SendEvent,
  SendRequest,
} from '../../src/control/sending.js';
import type { WatchEvent, WatchRequest } from '../../src/control/watching.js';
import { P2pimgError } from '../../src/error.js';
import { digestOf } from '../../src/image/digest.js';
import { sendEvents, watchEvents } from './scripted-sending.js';

export const appDigest = digestOf('team/app:2');
export const oldDigest = digestOf('team/app:1');
export const mara = { name: 'mara-thinkpad', id: 'aa11' };
export const buildbox = { name: 'buildbox', id: 'bb22' };

type Get = (request: GetRequest, signal: AbortSignal) => AsyncIterable<GetEvent>;

/** The port's fake: answers with what a test gave it, and notes what it was asked. */
export class ScriptedOperations implements Operations {
  readonly calls: unknown[] = [];
  onGet: Get = () => goodGet();
  onSend: (request: SendRequest, signal: AbortSignal) => AsyncIterable<SendEvent> = () =>
    eventsOf(sendEvents);
  onWatch: (request: WatchRequest, signal: AbortSignal) => AsyncIterable<WatchEvent> = () =>
    eventsOf(watchEvents);
  arrivalsReport: ArrivalsReport = { running: true, accept: 'team', arrivals: [] };
  listReport: ListReport = {
    team: '1c20aa9e',
    images: [[mara, buildbox], [buildbox], []].map((peers, index) => ({
      reference: `app:${index}`,
      id: digestOf(`app:${index}`),
      platforms: ['linux/amd64'],
      size: index,
      peers,
      here: 'no',
    })),
    peers: [mara],
    otherTeams: 0,
  };
  peersReport: PeersReport = { team: '1c20aa9e', peers: [], otherTeams: 0 };
  statusReport: StatusReport = {
    running: true,
    name: 'jonas-mbp',
    peerId: 'cc33',
    version: '0.1.0',
    pid: 4711,
    port: 4747,
    engine: {
      state: 'up',
      address: 'unix:///run/docker.sock',
      description: 'Docker 29.1, containerd store',
      images: 41,
    },
    team: { tag: '1c20aa9e', joinedBy: 3 },
    peers: 2,
    otherTeams: 0,
    uploads: { active: 1, limit: 4 },
    startedAt: '2020-01-01T00:00:00Z',
  };
  teamReport: TeamReport = { tag: '1c20aa9e', invite: 'p2pimg-invite-secret', members: ['mara-thinkpad'] };
  settingsReport: SettingsReport = { sharing: [], paused: false, uploads: 4, shared: [], hidden: [] };
  teamFailure: P2pimgError | undefined;

  get(request: GetRequest, signal: AbortSignal): AsyncIterable<GetEvent> {
    this.calls.push({ get: request });
    return this.onGet(request, signal);
  }

  send(request: SendRequest, signal: AbortSignal): AsyncIterable<SendEvent> {
    this.calls.push({ send: request });
    return this.onSend(request, signal);
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchEvent> {
    this.calls.push({ watch: request });
    return this.onWatch(request, signal);
  }

  async arrivals(): Promise<ArrivalsReport> {
    return this.arrivalsReport;
  }

  async answer(answer: ArrivalAnswer): Promise<Arrival> {
    this.calls.push({ answer });
    const [arrival] = this.arrivalsReport.arrivals;
    if (arrival === undefined)
      throw new P2pimgError('USAGE', `nothing waits here by the name of ${answer.which}`);
    return arrival;
  }

  async list(): Promise<ListReport> {
    return this.listReport;
  }

  async peers(): Promise<PeersReport> {
    return this.peersReport;
  }

  async status(): Promise<StatusReport> {
    return this.statusReport;
  }

  async metrics(): Promise<string> {
    return '# HELP p2pimg_peers Peers.\n# TYPE p2pimg_peers gauge\np2pimg_peers 2\n';
  }

  async showTeam(): Promise<TeamReport> {
    return this.team({ show: true });
  }

  async createTeam(replace: boolean): Promise<TeamReport> {
    return this.team({ create: { replace } });
  }

  async rotateTeam(graceSeconds: number): Promise<TeamReport> {
    return this.team({ rotate: { graceSeconds } });
  }

  async joinTeam(invite: string, replace: boolean): Promise<TeamReport> {
    return this.team({ join: { invite, replace } });
  }

  async leaveTeam(): Promise<void> {
    this.team({ leave: true });
  }

  async settings(): Promise<SettingsReport> {
    return this.settingsReport;
  }

  async changeSettings(change: SettingsChange): Promise<SettingsReport> {
    this.calls.push({ change });
    return this.settingsReport;
  }

  private team(call: unknown): TeamReport {
    this.calls.push(call);
    if (this.teamFailure !== undefined) throw this.teamFailure;
    return this.teamReport;
  }
}

export const found: GetEvent = {
  type: 'found',
  image: 'team/app:2',
  configDigest: appDigest,
  platform: 'linux/amd64',
  size: 757_000_000,
  sizeExact: true,
  peer: mara,
  differing: [],
  others: ['buildbox', 'jonas-mbp'],
};

export const plan: GetEvent = {
  type: 'plan',
  layers: 4,
  layersHere: 3,
  bytesHere: 732_000_000,
  bytesToGo: 25_100_000,
  bytesExact: true,
};

export const done: GetEvent = {
  type: 'done',
  image: 'team/app:2',
  configDigest: appDigest,
  id: appDigest,
  already: false,
  peer: mara,
  received: 25_100_000,
  wire: 9_000_000,
  reused: 732_000_000,
  durationMs: 1400,
};

/** How far the 25.1 MB have come. */
export function progress(received: number): GetEvent {
  return { type: 'progress', received, total: 25_100_000, totalExact: true, wire: received / 2 };
}

/** The events of a `get` that goes well. */
export const goodEvents: readonly GetEvent[] = [
  { type: 'looking', image: 'team/app:2' },
  found,
  { type: 'preparing', peer: mara, what: 'docker writes a temporary copy' },
  plan,
  progress(16_200_000),
  progress(25_100_000),
  { type: 'loading', engine: 'docker' },
  done,
];

/** A `get` that goes well. */
export async function* goodGet(): AsyncGenerator<GetEvent> {
  yield* goodEvents;
}

/** A `get` that fails after some events. */
export async function* failingGet(error: Error, ...events: readonly GetEvent[]): AsyncGenerator<GetEvent> {
  yield* events;
  throw error;
}

/** A `get` that goes on until its signal, then cleans up, and says that it was interrupted. */
export async function* endlessGet(
  signal: AbortSignal,
  cleanUp: () => Promise<void>,
  ...events: readonly GetEvent[]
) {
  yield* events;
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await cleanUp();
  throw new P2pimgError('INTERRUPTED', 'interrupted');
}

async function* eventsOf<Event>(events: readonly Event[]): AsyncGenerator<Event> {
  yield* events;
}
