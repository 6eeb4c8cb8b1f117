import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const signals = () => process.eventNames().filter((name) => String(name).startsWith('SIG'));

it('reads the configuration without answering signals for the process', async () => {
  const before = signals();
  const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-'));
  await writeFile(path.join(folder, 'config.json'), '{"uploads":7}', { mode: 0o600 });
  const { readConfiguration } = await import('../../src/agent/configuration.js');
  expect((await readConfiguration(folder)).uploads).toBe(7);
  await rm(folder, { recursive: true });
  expect(signals()).toEqual(before);
});
