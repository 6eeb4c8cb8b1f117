import path from 'node:path';
import type { LaneOptions } from '../engine/docker/docker-engine.js';
import { findEngine } from '../engine/find.js';
import type { Engine } from '../engine/port.js';

/** An engine, where it is, and why it is that one. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly address: string;
  /** `none`: the machine has no engine, so that the embedded store took its place. */
  readonly reason: 'found' | 'chosen' | 'none';
}

/** Where an engine is looked for, and how images go in and out of it. */
export interface EngineSettings {
  /** On the command line, or by the environment. */
  readonly named?: string | undefined;
  readonly configured?: string | undefined;
  readonly stateFolder: string;
  readonly lane: LaneOptions;
}

/** Opens the engine that is named, or found; one that does not answer is opened all the same, and says so when used. */
export async function openEngine({
  named,
  configured,
  stateFolder,
  lane,
}: EngineSettings): Promise<OpenedEngine> {
  const found = findEngine(named, undefined, configured);
  // Of the two adapters only the one that is used is loaded: dockerode alone is 20 MB.
  if (found.type === 'engine') {
    const { DockerEngine } = await import('../engine/docker/docker-engine.js');
    return {
      engine: new DockerEngine(found.endpoint, lane),
      address: found.endpoint.address,
      reason: 'found',
    };
  }
  const { openStore } = await import('../engine/store/store.js');
  const folder = path.join(stateFolder, 'store');
  return { engine: await openStore(folder), address: `layout:${folder}`, reason: found.reason };
}
