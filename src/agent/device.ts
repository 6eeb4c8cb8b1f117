import type { DeviceOptions } from '../control/options.js';
import { type Identity, loadIdentity } from '../trust/identity.js';
import { TeamStore } from '../trust/team-store.js';
import { type Configuration, readConfiguration } from './configuration.js';

/** What this device is and knows, from its folders. */
export interface Device {
  readonly configuration: Configuration;
  readonly identity: Identity;
  readonly teams: TeamStore;
}

/** Reads the device's folders; its identity is made where there is none. Throws `CONFIG_INVALID`, `SECRET_EXPOSED`. */
export async function openDevice({ paths }: DeviceOptions): Promise<Device> {
  return {
    configuration: await readConfiguration(paths.config),
    identity: await loadIdentity(paths.config),
    teams: await TeamStore.open(paths.config),
  };
}
