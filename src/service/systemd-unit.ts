import { readFileSync } from 'node:fs';
import type { FolderNote } from './placed-file.js';
import type { AgentCommand } from './port.js';

const shipped = new URL('../../systemd/user/p2pimg.service', import.meta.url);
const execStart = /^ExecStart=.*$/m;
const byHand = /^# For one user[\s\S]*?(?=^\[Unit\])/m;

/** The user unit as it is shipped, but that it runs this command; the words are quoted as systemd.service(5) wants it. */
export function unitFor({ words, environment }: AgentCommand): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}`,
  );
  const exec = `ExecStart=${words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}`;
  return readFileSync(shipped, 'utf8')
    .replace(byHand, '# Written by p2pimg service install; p2pimg service uninstall takes it away.\n')
    .replace(execStart, () => [...variables, exec].join('\n'));
}

/** A key that systemd leaves alone, as all that begin with `X-`. */
export const unitFolderNote: FolderNote = {
  write: (folder) => `\n[X-p2pimg]\nX-Made=${folder}\n`,
  read: (text) => /^X-Made=(.+)$/m.exec(text)?.[1],
};

function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('\n', '\\n')}"`;
}
