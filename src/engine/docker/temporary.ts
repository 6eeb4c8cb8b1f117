import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { asP2pimgError } from '../../error.js';
import type { Reference } from '../../image/reference.js';
import type { DockerClient } from './client.js';

/**
 * Names of our own that stand in an engine for a moment. Nobody is shown them, and what a crash left of them is taken
 * away at the next start; so each says by which process of which machine it was made.
 */
const repository = 'p2pimg-temporary';
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** A fresh one: `p2pimg-temporary/<machine>-<process>-<random>`. */
export function temporaryName(): string {
  return `${repository}/${machine}-${process.pid}-${randomBytes(8).toString('hex')}`;
}

/** The path of a repository on our loopback interface; it is the same each time, so its tag says which process it is of. */
export function loopbackRepository(name: string): string {
  return `${repository}/${machine}-${name}`;
}

/** A tag in such a repository: `<process>-now`. */
export function loopbackTag(): string {
  return `${process.pid}-now`;
}

/** Whether a reference is a temporary one of ours. */
export function isTemporary({ path }: Reference): boolean {
  return path.startsWith(`${repository}/`);
}

/** The same for a name as an engine's event gives it. */
export function isTemporaryName(name: string): boolean {
  return name.includes(`${repository}/`);
}

/** Those of this process that an engine which was away kept. */
const kept = new Set<string>();

/** Takes one of our names away; where that fails, the next sweep does it. Nothing where somebody else was first. */
export async function removeTemporary(client: DockerClient, name: string): Promise<void> {
  kept.add(name);
  try {
    await client.remove(name);
  } catch (error) {
    if (asP2pimgError(error).code !== 'IMAGE_UNKNOWN') throw error;
  }
  kept.delete(name);
}

/** A name of ours is in use, perhaps one that stood there before. */
export function useTemporary(name: string): void {
  kept.delete(name);
}

/**
 * Takes away the temporary names of processes that are gone, and those that an engine which was away kept of this one;
 * those of other machines on a shared engine stay.
 */
export async function sweepTemporary(client: DockerClient): Promise<void> {
  for (const { RepoTags } of await client.images('plain'))
    for (const name of RepoTags ?? [])
      if (kept.has(name)) await removeTemporary(client, name).catch(() => undefined);
      else if (isLeftOver(name)) await client.remove(name).catch(() => undefined); // another process may have been first
}

function isLeftOver(name: string): boolean {
  // A path on the loopback interface may look like a process: its tag is what counts.
  const maker = new RegExp(`${repository}/${machine}-(?:[^:]*:(\\d+)-now|(\\d+)-)`).exec(name);
  const process = maker?.[1] ?? maker?.[2];
  return process !== undefined && !isRunning(Number(process));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
