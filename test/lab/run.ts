/**
 * Brings the lab up, runs its tests (those named on the command line, or all), searches all that its devices wrote for
 * their secrets, and takes it down whatever came of them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { searchRun } from './search.js';

const lab = (command: 'up' | 'down') =>
  spawnSync('bash', ['test/lab/lab.sh', command], { stdio: 'inherit' }).status ?? 1;

const written = mkdtempSync(path.join(tmpdir(), 'p2pimg-lab-written-'));
let status = lab('up');
try {
  if (status === 0) {
    const words = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'vitest.lab.config.ts',
      ...process.argv.slice(2),
    ];
    const env = { ...process.env, P2PIMG_LAB_WRITTEN: written };
    status = spawnSync(process.execPath, words, { stdio: 'inherit', env }).status ?? 1;
    status = (await searchRun(written)) || status;
  }
} finally {
  rmSync(written, { recursive: true, force: true });
  status = lab('down') || status;
}
process.exitCode = status;
