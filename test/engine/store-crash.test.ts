import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/engine/store/store.js';
import { digestFromHex } from '../../src/image/digest.js';
import { parseManifest } from '../../src/image/manifest.js';
import { blobFile, blobsIn, testFolder } from './store-folder.js';

const rounds = Number(process.env.CRASH_ROUNDS ?? 6);
const seed = Number(process.env.CRASH_SEED ?? 1);

test(`stays whole when its process is killed at any moment (seed ${seed})`, {
  timeout: rounds * 15_000,
}, async () => {
  const folder = await testFolder();
  const random = mulberry32(seed);
  for (let round = 0; round < rounds; round++) {
    await killAfter(folder, Math.floor(random() * 300));
    const engine = await openStore(folder);
    expect(await readdir(join(folder, 'ingest')), 'ingest').toEqual([]);
    const { names, damaged } = await blobsIn(folder);
    expect(damaged, 'damaged blobs').toEqual([]);
    expect(names, 'blobs').toEqual((await usedNames(folder)).sort());
    const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
    expect(await engine.list(), 'images').toHaveLength(manifests.length);
    await engine.close();
  }
});

async function killAfter(folder: string, milliseconds: number): Promise<void> {
  const script = join(import.meta.dirname, 'store-importer.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const began = await Promise.race([once(child.stdout, 'data'), exited.then(() => 'exited')]);
  expect(began, 'the importer').not.toBe('exited');
  // The moment is random, and nothing waits for anything by it.
  await delay(milliseconds);
  child.kill('SIGKILL');
  await exited;
}

async function usedNames(folder: string): Promise<string[]> {
  const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const used = new Set<string>();
  for (const { digest } of manifests) {
    const name = digest.slice('sha256:'.length);
    used.add(name);
    const parsed = parseManifest(await readFile(blobFile(folder, digestFromHex(name)), 'utf8'));
    if (parsed.type === 'manifest')
      for (const blob of [parsed.manifest.config, ...parsed.manifest.layers]) used.add(blob.digest.slice(7));
  }
  return [...used];
}

function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
