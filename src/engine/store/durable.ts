import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from './failures.js';

/** Writes a file's whole content to the disk, in place. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Replaces a file in one step, by way of one of its name in a folder on the same disk; only by one at a time. */
export async function replaceFile(path: string, content: string, by: string): Promise<void> {
  const next = join(by, basename(path));
  try {
    await writeDurably(next, content);
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
  await syncFolder(dirname(path));
}

/** Makes renames into a folder last through a power cut, where the file system can. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

/** Makes a folder where there is none, but not the folders above it. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
