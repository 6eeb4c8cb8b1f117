import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { P2pimgError } from '../../error.js';
import { makeFolder } from './durable.js';
import { errnoOf } from './failures.js';
import { isGone, ownName } from './owner.js';

const patience = 30_000;
const retryAfter = 20;
const queues = new Map<string, Promise<void>>();

/** Runs a task alone: in turn within this process, and under the file `lock` of a folder against other processes. */
export function withLock<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const turn = (queues.get(folder) ?? Promise.resolve()).then(() => locked(folder, task));
  const settled = turn.then(
    () => {},
    () => {},
  );
  queues.set(folder, settled);
  return turn;
}

async function locked<T>(folder: string, task: () => Promise<T>): Promise<T> {
  await makeFolder(folder);
  const lock = join(folder, 'lock');
  const deadline = performance.now() + patience + 10_000;
  while (!(await acquired(lock))) {
    if (performance.now() > deadline)
      throw new P2pimgError('ENGINE_FAILED', 'the image folder is locked by another process', { lock });
    // No file system tells reliably when another process lets go, so this asks again.
    await delay(retryAfter);
  }
  try {
    return await task();
  } finally {
    await rm(lock, { force: true });
  }
}

async function acquired(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, ownName, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      await breakStale(lock);
      return false;
    }
    // On a full disk the file is made, and only its content fails.
    await rm(lock, { force: true });
    throw error;
  }
}

async function breakStale(lock: string): Promise<void> {
  try {
    const owner = await readFile(lock, 'utf8');
    if (!isGone(owner, (await stat(lock)).mtimeMs, patience)) return;
    const taken = `${lock}.${randomUUID()}`;
    await rename(lock, taken);
    // Another process may have broken it first, and this one is its own.
    if ((await readFile(taken, 'utf8')) === owner) await rm(taken);
    else await rename(taken, lock);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
