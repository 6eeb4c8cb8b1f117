import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { P2pimgError } from '../error.js';

/** The text of a secret file, `undefined` where there is none; throws `SECRET_EXPOSED` if others can read it. */
export async function readSecretFile(file: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unusable(file, 'cannot be opened', cause);
  }
  try {
    // On Windows the mode says nothing: the folder's access list in the user's profile protects the file.
    if (process.platform !== 'win32' && ((await handle.stat()).mode & 0o077) !== 0) throw exposed(file);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Writes a secret file unless there is one already; whole or not at all, whoever else does the same meanwhile. */
export async function createSecretFile(file: string, text: string): Promise<void> {
  const temporary = await writeBeside(file, text);
  try {
    // A link, unlike a rename, never replaces what another process put there first.
    await link(temporary, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Writes a secret file in place of what was there; whole or not at all. */
export async function replaceSecretFile(file: string, text: string): Promise<void> {
  const temporary = await writeBeside(file, text);
  try {
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A file of ours that cannot be used as it is, and that is left as it is: `CONFIG_INVALID`. */
export function unusable(file: string, what: string, cause?: unknown): P2pimgError {
  return new P2pimgError('CONFIG_INVALID', `${file} ${what}`, { file }, cause);
}

async function writeBeside(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(8).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

/** A secret, or a folder of secrets, that others can get at, with the command that mends it: `SECRET_EXPOSED`. */
export function exposed(file: string, mode = '600'): P2pimgError {
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  return new P2pimgError('SECRET_EXPOSED', `others can get at ${file}`, {
    file,
    why: 'others can get at it',
    command: `chmod ${mode} ${quoted}`,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
