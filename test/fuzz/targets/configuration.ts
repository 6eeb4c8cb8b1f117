import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfiguration } from '../../../src/agent/configuration.js';
import type { Target } from '../target.js';

const memory = '/dev/shm';
let folder: string | undefined;

/** `config.json`, as a person or another program may have left it. */
export const configuration: Target = {
  name: 'configuration',
  form: 'json',
  inputs: { test: 100, share: 0.1 },
  seeds: () =>
    [
      '{}',
      JSON.stringify({
        name: 'ada',
        port: 47470,
        engine: 'docker',
        lane: 'auto',
        peers: ['192.168.0.2:47470'],
        interfaces: ['eth0'],
        uploads: 4,
        patienceSeconds: 120,
      }),
      '{ "name": "ada", // a comment\n }',
    ].map((text) => Buffer.from(text)),
  words: [
    '"name"',
    '"port":',
    '"uploads":',
    ':',
    ',',
    '{',
    '}',
    '"',
    '\\',
    '\n',
    '\xef\xbb\xbf',
    'null',
    '1e9',
    '"__proto__":',
  ],
  async read(input) {
    folder ??= await mkdtemp(path.join(existsSync(memory) ? memory : tmpdir(), 'p2pimg-fuzz-'));
    await writeFile(path.join(folder, 'config.json'), input);
    await readConfiguration(folder);
  },
  async close() {
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  },
};
