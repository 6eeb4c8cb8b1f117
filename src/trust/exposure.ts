import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { exposed } from './secret-file.js';

/** The folders that hold what only their owner may read. */
export interface OwnFolders {
  readonly config: string;
  readonly state: string;
}

/**
 * Looks whether others can read a secret, or put another in its place; throws `SECRET_EXPOSED` with the command that
 * mends it. What is not there is not exposed. On Windows the user's profile protects the files, and no mode is looked at.
 */
export async function checkExposure({ config, state }: OwnFolders): Promise<void> {
  if (process.platform === 'win32') return;
  for (const [path, others, mode] of [
    [config, 0o022, '700'],
    [state, 0o077, '700'],
    [join(config, 'identity.json'), 0o077, '600'],
    [join(config, 'team.json'), 0o077, '600'],
  ] as const) {
    // A link's own mode says nothing; what it leads to is looked at when it is opened.
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || found.isSymbolicLink() || (found.mode & others) === 0) continue;
    throw exposed(path, mode);
  }
}
