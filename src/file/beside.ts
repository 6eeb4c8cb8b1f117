import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { diskError, errnoOf, throwIfAborted } from './disk.js';

/** Throws where a file, by its path, is not what it should be. */
export type Prove = (file: string) => Promise<void>;

/**
 * Writes a file under a temporary name beside its own, to the disk, and then gives it its name, so that there is the
 * whole of it or what was there before; `prove` sees it before that. What is no regular file, such as a device, is written to as it is. Resolves to
 * the bytes written; whatever fails, also the bytes' own error, leaves nothing.
 */
export async function writeBeside(
  file: string,
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal,
  prove: Prove = async () => undefined,
): Promise<number> {
  try {
    const target = await realpath(file).catch(() => path.resolve(file));
    const found = await stat(target).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found !== undefined && !found.isFile()) return await writeInto(target, bytes, signal);
    return await writeAndRename(target, bytes, signal, prove);
  } catch (error) {
    throw diskError(error, 'write', file);
  }
}

async function writeInto(target: string, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<number> {
  const handle = await open(target, 'w');
  try {
    return await writeAll(handle, bytes, signal);
  } finally {
    await handle.close();
  }
}

async function writeAndRename(
  target: string,
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal,
  prove: Prove,
): Promise<number> {
  const folder = path.dirname(target);
  const temporary = path.join(folder, `.${path.basename(target)}.${randomBytes(6).toString('hex')}.part`);
  const handle = await open(temporary, 'wx');
  // where a second Ctrl-C ends the process at once
  const remove = (): void => rmSync(temporary, { force: true });
  process.once('exit', remove);
  try {
    let written: number;
    try {
      written = await writeAll(handle, bytes, signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await prove(temporary);
    throwIfAborted(signal);
    await rename(temporary, target);
    await syncFolder(folder);
    return written;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    process.off('exit', remove);
  }
}

async function writeAll(
  handle: FileHandle,
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<number> {
  let written = 0;
  for await (const chunk of bytes) {
    throwIfAborted(signal);
    await handle.writeFile(chunk);
    written += chunk.length;
  }
  return written;
}

/** Makes a rename last through a power cut, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
