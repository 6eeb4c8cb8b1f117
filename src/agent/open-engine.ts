import path from 'node:path';
import { Archives } from '../engine/archives/archives.js';
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
  /** The same engine, where it is a folder of archives. */
  readonly archives?: Archives | undefined;
}

/** Opens what an agent shares: a folder of archives where one is named, or configured and no engine named; else an engine. */
export async function openShared(
  named: { readonly engine?: string | undefined; readonly archives?: string | undefined },
  stateFolder: string,
  configured: { readonly engine: string | undefined; readonly archives: string | undefined },
): Promise<OpenedEngine> {
  const isEngineNamed = named.engine !== undefined || !!process.env.P2PIMG_ENGINE;
  const folder = named.archives ?? (isEngineNamed ? undefined : configured.archives);
  if (folder === undefined) return openEngine(named.engine, stateFolder, configured.engine);
  const archives = await Archives.open(folder, stateFolder);
  return { engine: archives, archives, address: (await archives.identify()).address, reason: 'chosen' };
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
