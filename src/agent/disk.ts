import { statfs } from 'node:fs/promises';
import type { StatusReport } from '../control/api.js';

/** The space on the disk of an engine's folder; `undefined` where there is no such folder on this machine. */
export async function diskOf(
  folder: string | undefined,
): Promise<Extract<StatusReport['engine'], { state: 'up' }>['disk']> {
  if (folder === undefined) return undefined;
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { folder, free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined; // the engine says so itself, should it need the folder
  }
}
