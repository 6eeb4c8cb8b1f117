import type { ListReport, PeersReport, StatusReport } from '../../control/api.js';
import type { Hearing } from '../../discovery/hearing.js';
import type { LanInterface } from '../../discovery/interfaces.js';
import type { P2pimgError } from '../../error.js';

/** Who answered the doctor's questions: the running agent, the doctor itself, or nobody, as the folders do not hold. */
export type Answers =
  | {
      readonly by: 'agent' | 'itself';
      readonly status: StatusReport;
      readonly peers: PeersReport;
      /** Absent where the engine does not answer, or not in time. */
      readonly list: ListReport | undefined;
    }
  | { readonly by: 'nobody'; readonly error: P2pimgError };

/** A socket as the file system shows it. */
export interface SocketFile {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly group: string | undefined;
}

/** The engine's socket, and whether this user may use it. */
export interface EngineSocket {
  readonly file: SocketFile;
  readonly access: 'allowed' | 'denied';
  readonly user: string;
  /** Whether the user is in its group: in this session, only in the next, or not at all. */
  readonly membership: 'now' | 'after the next login' | 'no';
}

/** A program that listens on a port, as far as that can be known. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
}

/** The port that the agent has, or would have. */
export interface PortUse {
  /** As configured, or the usual one. */
  readonly wanted: number;
  readonly isConfigured: boolean;
  readonly state: 'ours' | 'free' | 'taken';
  /** Who has it, where it is not ours. */
  readonly holder: Holder | undefined;
}

/** An attempt to connect to what a peer of the team advertised. */
export interface Reached {
  readonly peer: string;
  readonly address: string;
  /** `yes`, or why not: the system's code, such as `ECONNREFUSED` or `ETIMEDOUT`. */
  readonly answer: string;
}

/** The machine's way out. */
export interface Route {
  readonly tunnels: readonly string[];
  /** The interface that packets for elsewhere leave by. */
  readonly exit: string | undefined;
}

/** All that the checks judge. Times are milliseconds since 1970. */
export interface Observations {
  readonly platform: NodeJS.Platform;
  readonly now: number;
  readonly version: string;
  readonly protocol: number;
  readonly answers: Answers;
  readonly engineSocket: EngineSocket | undefined;
  readonly port: PortUse | undefined;
  readonly interfaces: readonly LanInterface[];
  readonly route: Route;
  readonly hearings: readonly Hearing[];
  readonly reached: readonly Reached[];
  /** When this device's key was made. */
  readonly keyMadeAt: number | undefined;
  /** Where the key is. */
  readonly identityFile: string;
}
