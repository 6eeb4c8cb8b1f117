import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { diskError, throwIfAborted } from './disk.js';

/**
 * A pipe's bytes as they come, in a file that has no name any more and ends with its handle: what an archive holds is
 * only known at its end, and a pipe cannot be read again.
 */
export async function spooled(
  bytes: AsyncIterable<Buffer>,
  folder: string,
  signal: AbortSignal,
  read: (bytes: number) => void,
): Promise<FileHandle> {
  const file = path.join(folder, `.pipe.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(file, 'wx+', 0o600);
    try {
      await rm(file);
      for await (const chunk of bytes) {
        throwIfAborted(signal);
        await handle.writeFile(chunk);
        read(chunk.length);
      }
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw diskError(error, 'write', folder);
  }
}
