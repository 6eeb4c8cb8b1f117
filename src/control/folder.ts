import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { P2pimgError } from '../error.js';

/** Makes the folder of a socket, or takes the one that is there, as ours alone (0700); throws `SECRET_EXPOSED`. */
export async function makeOwnFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') return;
  await checkOwner(folder);
  // a folder that exists keeps its mode through mkdir
  await chmod(folder, 0o700);
}

/** Whether a socket is there, in a folder that nobody else could have put it into; throws `SECRET_EXPOSED`. */
export async function findOwnSocket(socketPath: string): Promise<'there' | 'absent'> {
  if (process.platform === 'win32') return 'there';
  try {
    await lstat(socketPath);
  } catch (cause) {
    if (isAbsent(cause)) return 'absent';
    throw exposed(socketPath, 'it cannot be looked at', cause);
  }
  await checkOwner(dirname(socketPath));
  return 'there';
}

async function checkOwner(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (!found.isDirectory()) throw exposed(folder, 'it is not a folder');
  const uid = process.getuid?.();
  if (uid !== undefined && uid !== 0 && found.uid !== uid)
    throw exposed(folder, 'it belongs to another user');
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function exposed(path: string, why: string, cause?: unknown): P2pimgError {
  return new P2pimgError('SECRET_EXPOSED', `not safe to use: ${why}`, { path, why }, cause);
}
