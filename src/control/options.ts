import type { LaneChoice } from '../engine/port.js';
import type { Log } from '../log/log.js';
import type { Closable, Operations, StatusReport } from './api.js';
import type { Paths } from './paths.js';
import type { Arrival } from './sending.js';

/** What a command line, or the environment, says about the device that it works for. */
export interface DeviceOptions {
  readonly paths: Paths;
  /** The engine's address, such as `unix:///var/run/docker.sock`; the first that is found where absent. */
  readonly engine?: string | undefined;
  /** How images go in and out of Docker; what is found to work where absent. */
  readonly lane?: LaneChoice | undefined;
  /** Peers named by address, `host:port`, for networks that drop multicast. */
  readonly peers: readonly string[];
  /** Addresses of the interfaces to use; all where empty. */
  readonly interfaces: readonly string[];
}

/** What `p2pimg agent` was started with. */
export interface AgentOptions extends DeviceOptions {
  /** The device's name among its peers; the machine's own where absent. */
  readonly name?: string | undefined;
  /** 0 is any free port. */
  readonly port?: number | undefined;
  /** A folder of archives, to be shared in place of an engine. */
  readonly archives?: string | undefined;
  /** Where it writes what happens. */
  readonly log: Log;
  /** Told of what a person in front of the agent should read; never of what the log holds anyway. */
  readonly tell: (notice: AgentNotice) => void;
}

/** What an agent in the foreground says to the person who started it. */
export type AgentNotice =
  /** It was in no team, and made one of its own. */
  | { readonly type: 'team'; readonly tag: string }
  /** It listens, advertises itself and answers on its socket. */
  | { readonly type: 'ready'; readonly status: StatusReport; readonly socket: string }
  /** The engine went away, or is back. */
  | { readonly type: 'engine'; readonly engine: StatusReport['engine'] }
  /** Something went wrong that ends nothing: a peer broke the rules, the network cannot be spoken on. */
  | { readonly type: 'trouble'; readonly code: string; readonly message: string }
  /** A colleague sends an image, and this device's owner is asked. */
  | { readonly type: 'asking'; readonly arrival: Arrival }
  /** It was told to stop; these uploads are cut off, and their receivers go on elsewhere. */
  | { readonly type: 'stopping'; readonly uploads: number };

/** Opens the operations inside the calling process, for a command that finds no agent running. */
export type OpenInside = (options: DeviceOptions) => Promise<Operations & Closable>;

/** Runs an agent until the signal; rejects with `AGENT_RUNNING`, `PORT_TAKEN`, `SECRET_EXPOSED` or `CONFIG_INVALID`. */
export type RunAgent = (options: AgentOptions, signal: AbortSignal) => Promise<void>;
