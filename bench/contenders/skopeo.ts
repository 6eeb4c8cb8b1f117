import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../../test/lab/until.js';
import { timed } from '../timed.js';
import type { Candidate } from './contender.js';
import { endingWith } from './service.js';
import { serveSsh } from './sshd.js';

/** `skopeo copy` from daemon to daemon, at the receiver; the source's socket comes through SSH. */
export const skopeo: Candidate = {
  name: 'skopeo copy',
  packages: ['skopeo', 'openssh-server', 'openssh-client'],
  async begin(ground) {
    const { source, receiver, folder, undo, signal } = ground;
    const there = path.join(await mkdtemp(path.join(folder, 'skopeo-')), 'there.sock');
    const ssh = await serveSsh(ground);
    const tunnel = receiver.spawn([...ssh.split(' '), '-N', '-L', `${there}:${source.engineSocket}`]);
    undo.add(endingWith(tunnel));
    await until(
      async () => existsSync(there),
      (exists) => exists,
    );
    const sockets = [there, receiver.engineSocket];
    for (const socket of sockets) {
      // an engine that it can talk to answers that there is no such image
      const { stderr } = await receiver.run([
        ...['skopeo', 'inspect', '--daemon-host', `unix://${socket}`],
        'docker-daemon:bench/absent:1',
      ]);
      if (!/reference does not exist|No such image/i.test(stderr)) return { absent: firstSentence(stderr) };
    }
    return {
      forget: async () => {},
      awaitImage: async () => {},
      bring: async (name) => {
        const hosts = `--src-daemon-host unix://${there} --dest-daemon-host unix://${receiver.engineSocket}`;
        const command = `skopeo copy --quiet ${hosts} docker-daemon:${name} docker-daemon:${name}`;
        return { seconds: await timed(receiver, command, { signal }) };
      },
    };
  },
};

/** `client version 1.22 is too old`, of all that a daemon and skopeo say around it. */
function firstSentence(stderr: string): string {
  const [, sentence] = /Error response from daemon: ((?:[^".\\]|\.(?=\d))+)/.exec(stderr) ?? [];
  return sentence ?? stderr.trim();
}
