/** Brings the lab up, runs its tests (those named on the command line, or all), and takes it down whatever came of them. */
import { spawnSync } from 'node:child_process';

const lab = (command: 'up' | 'down') =>
  spawnSync('bash', ['test/lab/lab.sh', command], { stdio: 'inherit' }).status ?? 1;

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
    status = spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1;
  }
} finally {
  status = lab('down') || status;
}
process.exitCode = status;
