import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, writeResults } from './wire/results.js';

// How long a person waits for the command itself, with an agent running: `npm run bench:cli -- [--runs 20]`.

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } });
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const home = await mkdtemp(path.join(tmpdir(), 'p2pimg-cli-'));
const env = { ...process.env, P2PIMG_HOME: home };
const options = ['--engine', 'store', '--interface', '127.0.0.1', '--port', '0'];
const agent = spawn(process.execPath, [cli, 'agent', ...options], { env, stdio: 'ignore' });

try {
  await answers();
  const commands = {
    'node -e 0': ['-e', '0'],
    'p2pimg --version': [cli, '--version'],
    'p2pimg ls': [cli, 'ls'],
    'p2pimg status': [cli, 'status'],
  };
  const taken = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  for (let run = 0; run < Number(values.runs); run++)
    for (const [name, words] of Object.entries(commands)) taken.get(name)?.push(timeOf(words));
  const bare = median(taken.get('node -e 0') ?? []);
  const rows = [...taken].map(([command, all]) => ({
    command,
    'median ms': Math.round(median(all)),
    'least ms': Math.round(Math.min(...all)),
    'more than node': Math.round(median(all) - bare),
  }));
  console.table(rows);
  await writeResults('cli', { runs: Number(values.runs) }, { commands: rows });
} finally {
  agent.kill();
  if (agent.exitCode === null) await once(agent, 'exit');
  await rm(home, { recursive: true, force: true });
}

/** Waits until the agent answers, and has waited itself for whoever is on the network. */
async function answers(): Promise<void> {
  for (;;) {
    const { stdout } = spawnSync(process.execPath, [cli, 'status', '--json'], { env, encoding: 'utf8' });
    if (stdout.includes('"running":true')) break;
    await delay(100);
  }
  spawnSync(process.execPath, [cli, 'ls'], { env });
}

function timeOf(words: readonly string[]): number {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, words, { env });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}`);
  return performance.now() - begun;
}
