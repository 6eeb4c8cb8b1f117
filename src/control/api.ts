import type { Lane } from '../engine/port.js';
import type { ErrorFacts } from '../error.js';
import type { Digest } from '../image/digest.js';

/** A peer as people see it. */
export interface PeerName {
  readonly name: string;
  readonly id: string;
}

/** What `get` is asked for. */
export interface GetRequest {
  /** A reference or an ID, as typed. */
  readonly image: string;
  /** `os/architecture[/variant]`; the engine's own where absent. */
  readonly platform?: string | undefined;
  /** Take it from this peer only: its name, or the first digits of its ID. */
  readonly from?: string | undefined;
  /** Of several images under this name, the one whose ID begins so. */
  readonly id?: string | undefined;
  /** Stop after `plan`; nothing is transferred, and there is no `done`. */
  readonly dryRun?: boolean | undefined;
}

/** Another image that a peer has under the name that was asked for. */
export interface Differing {
  readonly peer: PeerName;
  /** The config digest where known, else the image ID. */
  readonly id: Digest;
  readonly created?: string | undefined;
}

/**
 * What happens during a `get`, in the order of a transfer's life. These are the events of `--json`; a field is never
 * renamed. Sizes are bytes, times milliseconds unless a name says otherwise.
 */
export type GetEvent =
  /** Looking for peers that have it. */
  | {
      readonly type: 'looking';
      readonly image: string;
      /** Where images are kept on a machine that has no container engine. */
      readonly embeddedStore?: string | undefined;
    }
  /** A peer has it. `others` have the same image too; `differing` have another under its name. */
  | {
      readonly type: 'found';
      readonly image: string;
      readonly configDigest: Digest;
      readonly platform: string;
      readonly size: number;
      /** False where `size` is the source engine's estimate. */
      readonly sizeExact: boolean;
      readonly created?: string | undefined;
      readonly peer: PeerName;
      readonly others: readonly string[];
      readonly differing: readonly Differing[];
    }
  /** The peer is getting ready: its engine writes a temporary copy, or is asked what the image consists of. */
  | { readonly type: 'preparing'; readonly peer: PeerName; readonly what: string }
  /** What is here already and what must come. `bytesExact` is false where the source's engine only estimates. */
  | {
      readonly type: 'plan';
      readonly layers: number;
      readonly layersHere: number;
      readonly bytesHere: number;
      readonly bytesToGo: number;
      readonly bytesExact: boolean;
    }
  /** At most ten a second. `received` counts blob bytes, `wire` what crossed the network for them. */
  | {
      readonly type: 'progress';
      readonly received: number;
      readonly total: number;
      readonly totalExact: boolean;
      readonly wire: number;
    }
  /** Everything arrived; the receiver's engine is at work. */
  | { readonly type: 'loading'; readonly engine: string }
  /** The peer was lost; looking for it or another. */
  | {
      readonly type: 'lost';
      readonly peer: PeerName;
      readonly received: number;
      readonly givesUpInMs: number;
    }
  | { readonly type: 'resumed'; readonly peer: PeerName; readonly received: number }
  /** The image is here and proved. The last event of a `get` that went well. */
  | {
      readonly type: 'done';
      /** The familiar reference it has here now, or its ID where it was asked for by ID. */
      readonly image: string;
      readonly configDigest: Digest;
      /** What the engine shows as its ID. */
      readonly id: Digest;
      /** True where nothing had to come. */
      readonly already: boolean;
      readonly peer?: PeerName | undefined;
      readonly received: number;
      readonly wire: number;
      readonly reused: number;
      readonly durationMs: number;
      /** The ID of the image that had this name before. */
      readonly replaced?: Digest | undefined;
    };

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
  /** How many images it shares; absent while it has not answered. */
  readonly images?: number | undefined;
  readonly uploads?: { readonly active: number; readonly limit: number } | undefined;
  /** RFC 3339 */
  readonly lastSeen: string;
}

export interface PeersReport {
  /** The tag of this device's team; absent where it is in none. */
  readonly team: string | undefined;
  /** Where images are kept on a machine that has no container engine. */
  readonly embeddedStore?: string | undefined;
  readonly peers: readonly PeerRow[];
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
      }
    | { readonly state: 'down'; readonly address: string; readonly reason: string };
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
  readonly team?: { readonly tag: string; readonly joinedBy: number } | undefined;
  readonly peers: number;
  readonly otherTeams: number;
  readonly uploads: { readonly active: number; readonly limit: number };
  readonly startedAt?: string | undefined;
}

/** A team as its member sees it. The invite carries the team's secret. */
export interface TeamReport {
  readonly tag: string;
  readonly invite: string;
  /** Names of the peers that proved to be in this team, ever. */
  readonly members: readonly string[];
}

/** What the CLI asks of an agent: the running one, through its socket, or one inside the command itself. */
export interface Operations {
  /** Ends after `done`; throws `P2pimgError`. Leaving the loop early, or the signal, cancels. */
  get(request: GetRequest, signal: AbortSignal): AsyncIterable<GetEvent>;

  list(): Promise<ListReport>;
  peers(): Promise<PeersReport>;
  status(): Promise<StatusReport>;
  showTeam(): Promise<TeamReport>;
  /** Makes a new team; `TEAM_IN_USE` where others are in the present one, unless `replace`. */
  createTeam(replace: boolean): Promise<TeamReport>;
  joinTeam(invite: string, replace: boolean): Promise<TeamReport>;
  leaveTeam(): Promise<void>;
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
