import type { Lane } from '../engine/port.js';
import type { ErrorFacts } from '../error.js';
import type { Digest } from '../image/digest.js';
import type { GetEvent, GetRequest } from './get.js';
import type { AsidePeer, PeerName } from './peer-name.js';
import type { Arrival, ArrivalAnswer, ArrivalsReport, SendEvent, SendRequest } from './sending.js';
import type { WatchEvent, WatchRequest } from './watching.js';

export type { Differing, GetEvent, GetRequest } from './get.js';
export type { AsidePeer, PeerName } from './peer-name.js';

/** One image of `ls`: same name and same config digest are one row. */
export interface ListRow {
  /** Familiar; absent for an untagged image. */
  readonly reference?: string | undefined;
  /** The config digest where known, else the image ID. */
  readonly id: Digest;
  readonly platforms: readonly string[];
  readonly size: number;
  readonly created?: string | undefined;
  /** The peers that have it. */
  readonly peers: readonly PeerName[];
  /** `yes`: this very image is here under this name; `other`: another image has the name here; `no`. */
  readonly here: 'yes' | 'other' | 'no';
  /** The ID of the other image, and whether it was made before this one. */
  readonly other?: { readonly id: Digest; readonly older: boolean } | undefined;
}

export interface ListReport {
  /** The tag of this device's team; absent where it is in none, and so sees no images of others. */
  readonly team: string | undefined;
  /** Where images are kept on a machine that has no container engine. */
  readonly embeddedStore?: string | undefined;
  readonly images: readonly ListRow[];
  readonly peers: readonly PeerName[];
  readonly otherTeams: number;
}

/** One live peer. */
export interface PeerRow extends PeerName {
  readonly address: string;
  /** Such as `Docker 29.1, containerd store`; absent where the peer has no engine at the moment. */
  readonly engine?: string | undefined;
  /** Of p2pimg. */
  readonly version?: string | undefined;
  /** How many images it shares; absent while it has not answered. */
  readonly images?: number | undefined;
  readonly uploads?: { readonly active: number; readonly limit: number } | undefined;
  /** RFC 3339 */
  readonly lastSeen: string;
}

/** A peer that is not there any more. */
export interface GonePeer extends PeerName {
  /** RFC 3339 */
  readonly lastSeen: string;
}

export interface PeersReport {
  /** The tag of this device's team; absent where it is in none. */
  readonly team: string | undefined;
  /** Where images are kept on a machine that has no container engine. */
  readonly embeddedStore?: string | undefined;
  readonly peers: readonly PeerRow[];
  /** Those that this agent has met since its start, and that are not there any more; the last one first. */
  readonly gone?: readonly GonePeer[] | undefined;
  /** Agents of other teams on this network: counted, never named. */
  readonly otherTeams: number;
}

export interface StatusReport {
  /** False where the answer comes from the command itself, with no agent running. */
  readonly running: boolean;
  readonly name: string;
  readonly peerId: string;
  readonly version: string;
  readonly pid?: number | undefined;
  readonly port?: number | undefined;
  readonly engine:
    | {
        readonly state: 'up';
        readonly address: string;
        readonly description: string;
        readonly images: number;
        /** Which way images go in and out of it, and why. */
        readonly lane?: Lane | undefined;
        /** Where it keeps images, in bytes; absent where that is on another machine, or in a virtual one. */
        readonly disk?:
          | { readonly folder: string; readonly free: number; readonly total: number }
          | undefined;
      }
    | {
        readonly state: 'down';
        readonly address: string;
        readonly reason: string;
        /** Which failure, such as `ENGINE_DENIED`. */
        readonly code?: string | undefined;
      };
  /** The folder of archives that is shared in place of an engine, and which of its files are not, and why. */
  readonly archives?:
    | {
        readonly folder: string;
        readonly shared: number;
        readonly unshared: readonly {
          readonly file: string;
          /** Not read yet, not sound, or not to be read here and now. */
          readonly type: 'unread' | 'broken' | 'unreadable';
          readonly reason: string;
        }[];
      }
    | undefined;
  readonly team?:
    | { readonly tag: string; readonly joinedBy: number; readonly grace?: Grace | undefined }
    | undefined;
  readonly peers: number;
  /** How many connections peers have made to this agent's port. */
  readonly visitors?: number | undefined;
  readonly otherTeams: number;
  readonly uploads: {
    readonly active: number;
    readonly limit: number;
    /** How many wait for a free place. */
    readonly waiting?: number | undefined;
  };
  /** Where peers are looked for. */
  readonly interfaces?: readonly { readonly name: string; readonly address: string }[] | undefined;
  /** The port of the metrics on the loopback interface, where it is open. */
  readonly metricsPort?: number | undefined;
  /** What went wrong since the agent's start and ended nothing; the last first, each once. */
  readonly troubles?:
    | readonly {
        /** RFC 3339; the last time. */
        readonly at: string;
        readonly code: string;
        readonly message: string;
        readonly times: number;
      }[]
    | undefined;
  /** How many images the team may have; absent from an agent that cannot tell. */
  readonly shared?: number | undefined;
  /** Nothing is shared for now. */
  readonly paused?: boolean | undefined;
  /** What colleagues send here at the moment; absent where nothing is. */
  readonly arrivals?: readonly Arrival[] | undefined;
  /** Peers that were caught in a lie, the last one first; absent from an agent that cannot tell. */
  readonly aside?: readonly AsidePeer[] | undefined;
  readonly startedAt?: string | undefined;
}

/** What a person may change while the agent runs. Limits are bytes a second; none where absent. */
export type SettingsChange =
  | { readonly type: 'share'; readonly pattern: string }
  | { readonly type: 'hide'; readonly pattern: string }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'uploads'; readonly limit: number }
  | { readonly type: 'up'; readonly bytesPerSecond?: number | undefined }
  | { readonly type: 'down'; readonly bytesPerSecond?: number | undefined }
  /** Where the metrics are on the loopback interface; nowhere where absent. */
  | { readonly type: 'metrics'; readonly port?: number | undefined };

/** The settings as they are, and what they come to. */
export interface SettingsReport {
  /** Of the rules that fit a name, the last holds. */
  readonly sharing: readonly ({ readonly share: string } | { readonly hide: string })[];
  readonly paused: boolean;
  /** How many images are given at once. */
  readonly uploads: number;
  readonly uploadLimit?: number | undefined;
  readonly downloadLimit?: number | undefined;
  readonly metricsPort?: number | undefined;
  /** The familiar names that the team may know, and those that it may not. */
  readonly shared: readonly string[];
  readonly hidden: readonly string[];
}

/** The team before holds beside the present one, until then (RFC 3339). */
export interface Grace {
  readonly until: string;
}

/** A team as its member sees it. The invite carries the team's secret. */
export interface TeamReport {
  readonly tag: string;
  readonly invite: string;
  /** Names of the peers that proved to be in this team, ever. */
  readonly members: readonly string[];
  readonly grace?: Grace | undefined;
}

/** What the CLI asks of an agent: the running one, through its socket, or one inside the command itself. */
export interface Operations {
  /** Ends after `done`; throws `P2pimgError`. Leaving the loop early, or the signal, cancels. */
  get(request: GetRequest, signal: AbortSignal): AsyncIterable<GetEvent>;
  /** Ends after `done`, as `get` does. What is cancelled leaves nothing at the peer. */
  send(request: SendRequest, signal: AbortSignal): AsyncIterable<SendEvent>;
  /** Goes on until the signal, and then throws `INTERRUPTED`; with `once` it ends after the first `got`. */
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** What colleagues send here. */
  arrivals(): Promise<ArrivalsReport>;
  /** Answers for the owner; `USAGE` where nothing waits by that name, `SELECTOR_AMBIGUOUS` where several do. */
  answer(answer: ArrivalAnswer): Promise<Arrival>;

  list(): Promise<ListReport>;
  peers(): Promise<PeersReport>;
  status(): Promise<StatusReport>;
  showTeam(): Promise<TeamReport>;
  /** Makes a new team; `TEAM_IN_USE` where others are in the present one, unless `replace`. */
  createTeam(replace: boolean): Promise<TeamReport>;
  /** The team before holds for the grace beside this one; not at all by default. */
  joinTeam(invite: string, replace: boolean, graceSeconds?: number): Promise<TeamReport>;
  /** Gives the team a new secret; the old invite is void, at once or after the grace. Throws `NO_TEAM`. */
  rotateTeam(graceSeconds: number): Promise<TeamReport>;
  leaveTeam(): Promise<void>;
  settings(): Promise<SettingsReport>;
  /** Keeps the change in `config.json`; it holds at once. Throws `CONFIG_INVALID`. */
  changeSettings(change: SettingsChange): Promise<SettingsReport>;
  /** The agent in numbers, in Prometheus' text form. */
  metrics(): Promise<string>;
}

/** What must be let go of when its user is done with it. */
export interface Closable {
  close(): Promise<void>;
}

/** An error as it crosses the control socket, and as `--json` shows it: the last line of a `get` that failed. */
export interface ErrorReport {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
  readonly facts: ErrorFacts;
}
