import { useSocket } from '../advice.js';
import { type Check, fail, ok } from '../finding.js';
import type { SocketFile } from '../observations.js';

/** Who may use the engine's socket, and whether this user is among them. */
export const permission: Check = ({ engineSocket, platform }) => {
  if (engineSocket === undefined) return undefined;
  const { file, access, user, membership } = engineSocket;
  if (access === 'allowed') return ok(`${user} may use ${file.path} (${whoMay(file)})`);
  const found = `${user} may not use ${file.path}: ${whoMay(file)}`;
  if (membership === 'after the next login')
    return fail(
      found,
      `${user} was put into the group ${file.group}, but this session is older than that`,
      `log out and in; for this shell alone: newgrp ${file.group}`,
    );
  const group = (file.mode & 0o060) === 0o060 ? file.group : undefined;
  return fail(
    found,
    'the engine answers, but only to others',
    ...useSocket(platform, user, group),
    'or name an engine that is yours with --engine',
  );
};

/** `root and the group docker`, from the mode's bits. */
function whoMay({ mode, uid, group, gid }: SocketFile): string {
  const owner = uid === 0 ? 'root' : `the user ${uid}`;
  if ((mode & 0o006) === 0o006) return 'everybody may';
  if ((mode & 0o060) === 0o060) return `${owner} and the group ${group ?? gid} may`;
  return `only ${owner} may`;
}
