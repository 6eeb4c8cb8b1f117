import { statfs } from 'node:fs/promises';
import type { Room } from '../transfer/room.js';

/** What an image must leave free on the disk of the embedded store or a folder of archives: a twentieth of it, and no more than this. */
const largestReserve = 1024 ** 3;

/**
 * How much an image may bring here: what the configuration allows, and what the disk of the embedded store, or of
 * a folder of archives, has room for. Another engine's disk is not known, and may be another machine's: it says itself when it is full.
 */
export async function imageRoom(allowed: number | undefined, engineAddress: string): Promise<Room> {
  const folder = /^(?:layout|archives):(.+)$/.exec(engineAddress)?.[1];
  const disk = folder === undefined ? undefined : await statfs(folder).catch(() => undefined);
  return { allowed, free: disk && freeFor(disk) };
}

/** The bytes that an ordinary user may write, less the reserve. */
export function freeFor({
  bavail,
  blocks,
  bsize,
}: {
  bavail: number;
  blocks: number;
  bsize: number;
}): number {
  return Math.max(0, bavail * bsize - Math.min(largestReserve, (blocks * bsize) / 20));
}
