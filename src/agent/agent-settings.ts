import type { DeviceOptions } from '../control/options.js';
import type { Log } from '../log/log.js';

/** What an agent is opened with; `name` overrides the configuration. */
export interface AgentSettings extends DeviceOptions {
  readonly name?: string | undefined;
  /** A folder of archives, to be shared in place of an engine. */
  readonly archives?: string | undefined;
  /** Where it writes what happens; nowhere if absent. */
  readonly log?: Log | undefined;
}
