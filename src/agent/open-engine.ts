import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Archives } from '../engine/archives/archives.js';
import type { LaneOptions } from '../engine/docker/docker-engine.js';
import { findEngine } from '../engine/find.js';
import type { Engine } from '../engine/port.js';

/** An engine, where it is, and why it is that one. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly address: string;
  /** `none`: the machine has no engine, so that the embedded store took its place. */
  readonly reason: 'found' | 'chosen' | 'none';
  /** The same engine, where it is a folder of archives. */
  readonly archives?: Archives | undefined;
}

/** Where an engine is looked for, and how images go in and out of it. */
export interface EngineSettings {
  /** On the command line, or by the environment. */
  readonly named?: string | undefined;
  readonly configured?: string | undefined;
  readonly stateFolder: string;
  readonly lane: LaneOptions;
}

/** The same, and which folder of archives was named, or configured. */
export interface SharedSettings extends Omit<EngineSettings, 'configured'> {
  readonly archives?: string | undefined;
  readonly configured: { readonly engine: string | undefined; readonly archives: string | undefined };
}

/** Opens what an agent shares: a folder of archives where one is named, or configured and no engine named; else an engine. */
export async function openShared(settings: SharedSettings): Promise<OpenedEngine> {
  const { named, configured, stateFolder } = settings;
  const isEngineNamed = named !== undefined || !!process.env.P2PIMG_ENGINE;
  const folder = settings.archives ?? (isEngineNamed ? undefined : configured.archives);
  if (folder === undefined) return openEngine({ ...settings, configured: configured.engine });
  const { Archives } = await import('../engine/archives/archives.js');
  const archives = await Archives.open(folder, stateFolder);
  return { engine: archives, archives, address: (await archives.identify()).address, reason: 'chosen' };
}

/** Opens the engine that is named, or found; one that does not answer is opened all the same, and says so when used. */
export async function openEngine({
  named,
  configured,
  stateFolder,
  lane,
}: EngineSettings): Promise<OpenedEngine> {
  const found = findEngine(named, undefined, configured);
  // Whoever makes a folder in it first would make it readable by others.
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  // Of the adapters only the one that is used is loaded: dockerode alone is 20 MB.
  if (found.type === 'engine') {
    const { DockerEngine } = await import('../engine/docker/docker-engine.js');
    return {
      engine: new DockerEngine(found.endpoint, lane),
      address: found.endpoint.address,
      reason: 'found',
    };
  }
  const { openStore } = await import('../engine/store/store.js');
  const [folder, reason] =
    found.type === 'layout'
      ? [found.folder, 'chosen' as const]
      : [path.join(stateFolder, 'store'), found.reason];
  return { engine: await openStore(folder), address: `layout:${folder}`, reason };
}

/** Where images are kept, on a machine that has no container engine. */
export function embeddedStore({ reason, address }: OpenedEngine): string | undefined {
  return reason === 'none' ? address.replace(/^layout:/, '') : undefined;
}
