import type { Closable, Operations } from '../control/api.js';
import { connectControl } from '../control/client.js';
import type { DeviceOptions, OpenInside } from '../control/options.js';
import { paths } from '../control/paths.js';
import type { GlobalOptions } from './global-options.js';

/** Who answers a command: the agent that runs on this device, or the command itself. */
export interface Answerer {
  readonly operations: Operations & Closable;
  readonly by: 'agent' | 'itself';
}

/**
 * Finds who answers. What was named on the command line (an engine, a lane, peers, interfaces) holds for this command only,
 * so it answers by itself then, whether or not an agent runs.
 */
export async function connect(
  options: GlobalOptions,
  openInside: OpenInside = openLazily,
): Promise<Answerer> {
  const device = deviceOptions(options);
  const isNamed =
    options.engineNamed !== undefined ||
    options.lane !== undefined ||
    device.peers.length + device.interfaces.length > 0;
  const agent = isNamed ? undefined : await connectControl(device.paths.socket);
  if (agent !== undefined) return { operations: agent, by: 'agent' };
  return { operations: await openInside(device), by: 'itself' };
}

/** The command line's global options, and the environment, as the lower parts take them. */
export function deviceOptions(options: GlobalOptions): DeviceOptions {
  return {
    paths: paths(process.env),
    engine: options.engineNamed,
    lane: options.lane,
    peers: options.peer,
    interfaces: options.interface,
  };
}

const openLazily: OpenInside = async (options) => (await import('../agent/inside.js')).openInside(options);
