import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { sh } from '../../test/lab/process.js';
import type { Ground } from './contender.js';
import { endingWith } from './service.js';

const port = 2222;
const runFolder = '/run/sshd';

/** Starts an SSH server at the source, with keys for this once; resolves to the `ssh` command that runs something there. */
export async function serveSsh({ source, folder, undo }: Ground): Promise<string> {
  const here = await mkdtemp(path.join(folder, 'ssh-'));
  const [host, key, known] = ['host', 'key', 'known'].map((name) => path.join(here, name)) as [
    string,
    string,
    string,
  ];
  for (const file of [host, key]) await sh('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file);
  const [type, digits] = (await sh('ssh-keygen', '-y', '-f', host)).split(' ');
  await writeFile(known, `[${source.address}]:${port} ${type} ${digits}\n`);
  const settings = [
    `Port ${port}`,
    `ListenAddress ${source.address}`,
    `HostKey ${host}`,
    `AuthorizedKeysFile ${key}.pub`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    `SetEnv DOCKER_HOST=unix://${source.engineSocket}`,
  ];
  await writeFile(path.join(here, 'sshd.conf'), `${settings.join('\n')}\n`);
  if (!existsSync(runFolder)) {
    await mkdir(runFolder, { mode: 0o755 });
    undo.add(() => rmdir(runFolder));
  }
  const server = source.spawn(['/usr/sbin/sshd', '-D', '-e', '-f', path.join(here, 'sshd.conf')]);
  undo.add(endingWith(server));
  await untilSays(server.stderr, 'Server listening');
  // the fastest cipher that both have; the image is compressed already, or by the pipeline
  const options = [
    ['-F', '/dev/null', '-i', key, '-p', `${port}`, '-c', 'aes128-gcm@openssh.com'],
    [
      '-o',
      `UserKnownHostsFile=${known}`,
      '-o',
      'BatchMode=yes',
      '-o',
      'Compression=no',
      '-o',
      'LogLevel=ERROR',
    ],
  ].flat();
  return `ssh ${options.join(' ')} root@${source.address}`;
}

async function untilSays(stream: Readable | null, words: string): Promise<void> {
  let said = '';
  if (stream !== null) {
    for await (const line of createInterface(stream)) {
      said += `${line}\n`;
      if (!line.includes(words)) continue;
      stream.resume();
      return;
    }
  }
  throw new Error(`sshd did not start: ${said}`);
}
