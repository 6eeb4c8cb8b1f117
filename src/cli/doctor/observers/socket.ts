import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import type { EngineSocket } from '../observations.js';

/** The socket of an engine at `unix://…` and who may use it; `undefined` for any other address, and where there is none. */
export async function observeSocket(
  address: string,
  groupsFile = '/etc/group',
): Promise<EngineSocket | undefined> {
  const path = /^unix:\/\/(\/.*)$/.exec(address)?.[1];
  if (path === undefined || process.platform === 'win32') return undefined;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { mode, uid, gid } = found;
  const groups = await readFile(groupsFile, 'utf8').catch(() => '');
  const { name: group, members } = groupOf(groups, gid);
  const user = userName();
  return {
    file: { path, mode: mode & 0o777, uid, gid, group },
    access: await accessTo(path),
    user,
    membership: process.getgroups?.().includes(gid)
      ? 'now'
      : members.includes(user)
        ? 'after the next login'
        : 'no',
  };
}

/** Only a try tells: besides the mode there are lists, labels, and the folders above. */
function accessTo(path: string): Promise<'allowed' | 'denied'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('allowed');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EACCES' || code === 'EPERM' ? 'denied' : 'allowed'),
    );
  });
}

/** A group in the form of `/etc/group`, by its ID. */
function groupOf(groups: string, gid: number): { name: string | undefined; members: readonly string[] } {
  const line = groups
    .split('\n')
    .map((one) => one.split(':'))
    .find(([, , id]) => id === String(gid));
  return { name: line?.[0], members: line?.[3]?.split(',') ?? [] };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`; // one that the system has no name for
  }
}
