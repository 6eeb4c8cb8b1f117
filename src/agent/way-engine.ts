import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DeviceOptions } from '../control/options.js';
import { P2pimgError } from '../error.js';
import { loadIdentity } from '../trust/identity.js';
import { readConfiguration } from './configuration.js';
import { loaderText } from './engine-text.js';
import { type OpenedEngine, openEngine } from './open-engine.js';

/** An engine at one end of a way, and its name for people. */
export interface WayEngine extends OpenedEngine {
  readonly text: string;
}

/**
 * Opens the engine that a person named for one end of a way, else this machine's own, as an agent would. An OCI layout
 * is made only where it receives. Throws where the engine does not answer.
 */
export async function openWayEngine(
  named: string | undefined,
  { paths, engine, lane }: DeviceOptions,
  role: 'source' | 'receiver',
): Promise<WayEngine> {
  if (role === 'source') mustBeLayout(named);
  const configuration = await readConfiguration(paths.config);
  const identity = await loadIdentity(paths.config);
  const opened = await openEngine({
    named: named ?? engine,
    configured: configuration.engine,
    stateFolder: paths.state,
    lane: { choice: lane ?? configuration.lane, secret: identity.secretFor('loopback') },
  });
  try {
    return { ...opened, text: named ?? loaderText(await opened.engine.identify()) };
  } catch (error) {
    await opened.engine.close();
    throw error;
  }
}

function mustBeLayout(named: string | undefined): void {
  const folder = /^layout:(.+)$/.exec(named ?? '')?.[1];
  if (folder !== undefined && !existsSync(path.join(folder, 'oci-layout')))
    throw new P2pimgError('USAGE', `${folder} is no OCI image layout`, {
      try: 'a folder with the file oci-layout in it',
    });
}
