import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { ListReport } from '../src/control/api.js';
import { LocalAgent } from '../test/soak/local-agent.js';
import { listenToMulticast } from './lan/traffic.js';
import { median, writeResults } from './wire/results.js';

// One agent on a LAN of many peers with many images each: `npm run bench:lan -- [--peers 300] [--images 2000]`.

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '300' },
    images: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '120' },
  },
});
const [peers, images, seconds] = [values.peers, values.images, values.seconds].map(Number) as [
  number,
  number,
  number,
];
const perProcess = 75;
const targets = { lsMs: 1_000, residentMB: 200 };
const peersFile = fileURLToPath(new URL('lan/peers.ts', import.meta.url));
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-lan-'));
const agent = new LocalAgent(folder, `lan-${process.pid}`);
const started: ReturnType<typeof spawn>[] = [];
const traffic = await listenToMulticast();

try {
  await agent.start();
  const operations = await agent.operations();
  const { invite } = await operations.showTeam();
  traffic.take();
  const begun = performance.now();
  for (let first = 0; first < peers; first += perProcess) {
    const count = Math.min(perProcess, peers - first);
    const words = [folder, String(first), String(count), String(images), agent.name, invite];
    const child = spawn(process.execPath, ['--import', 'tsx', peersFile, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    await once(createInterface(child.stdout as Readable), 'line');
  }
  while ((await operations.status()).peers < peers) await delay(250);
  const foundMs = performance.now() - begun;
  const arriving = traffic.take();
  console.log(`${peers} peers found in ${Math.round(foundMs / 1000)} s`);

  const firstList = await timed(() => operations.list());
  const lists: { ms: number; report: ListReport }[] = [];
  for (let round = 0; round < 5; round++) lists.push(await timed(() => operations.list()));
  const commands: number[] = [];
  for (let round = 0; round < 5; round++) commands.push((await timed(ls)).ms);
  const afterLists = await resident();

  await delay(60_000); // those who came ask often in their first minute
  traffic.take();
  const [cpu, since] = [await cpuSeconds(), performance.now()];
  await delay(seconds * 1_000);
  const steady = traffic.take();
  const elapsed = (performance.now() - since) / 1_000;
  const rows = [
    {
      peers,
      'images each': images,
      rows: lists.at(-1)?.report.images.length ?? 0,
      'rows, first': firstList.report.images.length,
      'first list ms': Math.round(firstList.ms),
      'list ms': Math.round(median(lists.map(({ ms }) => ms))),
      'p2pimg ls ms': Math.round(median(commands)),
      'RSS MB after': Math.round(afterLists / 1e6),
      'RSS MB idle': Math.round((await resident()) / 1e6),
      'RSS MB most': Math.round((await resident('VmHWM')) / 1e6),
      'CPU % idle': ((((await cpuSeconds()) - cpu) / elapsed) * 100).toFixed(2),
    },
  ];
  const heard = [
    { when: `arriving, ${Math.round(foundMs / 1000)} s`, ...arriving, ...rates(arriving, foundMs / 1000) },
    { when: `steady, ${Math.round(elapsed)} s`, ...steady, ...rates(steady, elapsed) },
  ];
  console.table(rows);
  console.table(heard);
  await writeResults('lan', { targets: JSON.stringify(targets) }, { agent: rows, multicast: heard });
} finally {
  traffic.close();
  for (const child of started) {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  }
  await agent.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; report: T }> {
  const begun = performance.now();
  const report = await work();
  return { ms: performance.now() - begun, report };
}

function ls() {
  const env = { ...process.env, P2PIMG_HOME: path.join(folder, agent.name) };
  return promisify(execFile)(process.execPath, [cli, 'ls'], { env, maxBuffer: 2 ** 28 });
}

function rates(
  { questions, answers, bytes }: { questions: number; answers: number; bytes: number },
  s: number,
) {
  return { 'packets/s': ((questions + answers) / s).toFixed(1), 'bytes/s': Math.round(bytes / s) };
}

async function resident(field = 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${agent.pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024;
}

/** User and system time of the agent, in the kernel's ticks of 10 ms. */
async function cpuSeconds(): Promise<number> {
  const stat = await readFile(`/proc/${agent.pid}/stat`, 'utf8');
  const [user, system] = stat
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11);
  return (Number(user) + Number(system)) / 100;
}
