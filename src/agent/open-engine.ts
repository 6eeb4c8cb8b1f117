import path from 'node:path';
import { DockerEngine } from '../engine/docker/docker-engine.js';
import { findEngine } from '../engine/find.js';
import type { Engine } from '../engine/port.js';
import { openStore } from '../engine/store/store.js';

/** An engine, where it is, and why it is that one. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly address: string;
  /** `none`: the machine has no engine, so that the embedded store took its place. */
  readonly reason: 'found' | 'chosen' | 'none';
}

/** Opens the engine that is named, or found; one that does not answer is opened all the same, and says so when used. */
export async function openEngine(
  named: string | undefined,
  stateFolder: string,
  configured?: string | undefined,
): Promise<OpenedEngine> {
  const found = findEngine(named, undefined, configured);
  if (found.type === 'engine')
    return { engine: new DockerEngine(found.endpoint), address: found.endpoint.address, reason: 'found' };
  const [folder, reason] =
    found.type === 'layout'
      ? [found.folder, 'chosen' as const]
      : [path.join(stateFolder, 'store'), found.reason];
  return { engine: await openStore(folder), address: `layout:${folder}`, reason };
}
