import { timed } from '../timed.js';
import type { Candidate } from './contender.js';
import { serveSsh } from './sshd.js';

/** `docker save | ssh | docker load`, as it is or with a compressor in between. */
function saveLoad(
  name: string,
  { pack = '', unpack = '', ...rest }: Partial<Candidate> & { pack?: string; unpack?: string },
): Candidate {
  return {
    name,
    packages: ['openssh-server', 'openssh-client'],
    ...rest,
    async begin(ground) {
      const ssh = await serveSsh(ground);
      return {
        forget: async () => {},
        awaitImage: async () => {},
        bring: async (image) => {
          const there = `set -o pipefail; docker save ${image}${pack}`;
          const command = `${ssh} "${there}"${unpack} | docker load --quiet`;
          return { seconds: await timed(ground.receiver, command, { signal: ground.signal }) };
        },
      };
    },
  };
}

export const plain = saveLoad('save | ssh | load', {});

export const withZstd = saveLoad('… with zstd -1', {
  packages: ['openssh-server', 'openssh-client', 'zstd'],
  pack: ' | zstd -1 -T0',
  unpack: ' | zstd -dc',
});

/** It takes a minute, and that says enough. */
export const withBzip2 = saveLoad('… with bzip2', {
  packages: ['openssh-server', 'openssh-client', 'bzip2'],
  pack: ' | bzip2',
  unpack: ' | bzip2 -dc',
  only: 'nothing',
});
