import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadIdentity } from '../src/trust/identity.js';
import { type Kind, type MadeImage, makeImage, makePool } from './wire/content.js';
import type { EndLine, EndSettings, Way } from './wire/end.js';
import { median, writeResults } from './wire/results.js';

// Agent to agent without engines, beside a TLS socket: `npm run bench:wire -- [--runs 5] [--sizes 100,1000,4000]`.

const end = fileURLToPath(new URL('wire/end.ts', import.meta.url));
const mega = 1e6;

/** One crossing: both ends. */
interface Crossing {
  readonly megabytesPerSecond: number;
  readonly sourceCpu: number;
  readonly receiverCpu: number;
  readonly sourceRss: number;
  readonly receiverRss: number;
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    size: { type: 'string', default: '1000' },
    sizes: { type: 'string', default: '100,1000,4000' },
    content: { type: 'string', default: 'random,files' },
    ways: { type: 'string', default: 'plain,plain and SHA-256,ours' },
    profile: { type: 'string' },
  },
});
const runs = Number(values.runs);
const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-bench-'));
try {
  const ends = { source: path.join(folder, 'source'), receiver: path.join(folder, 'receiver') };
  await Promise.all(Object.values(ends).map((identity) => loadIdentity(identity)));
  const teamSecret = randomBytes(32).toString('hex');
  const cross = (way: Way, image: MadeImage) => crossing(way, image, ends, teamSecret);

  const rows: object[] = [];
  for (const kind of values.content.split(',') as Kind[]) {
    const image = await makeImage(await makePool(folder, kind), Number(values.size) * mega);
    const ways = values.ways.split(',') as Way[];
    const taken = new Map(ways.map((way) => [way, [] as Crossing[]]));
    for (const way of ways) await cross(way, image); // warms what is warm for all
    for (let run = 0; run < runs; run++)
      for (const way of ways) taken.get(way)?.push(await cross(way, image));
    const plain = median((taken.get('plain') ?? []).map((one) => one.megabytesPerSecond));
    for (const [way, crossings] of taken) {
      const of = (key: keyof Crossing) => median(crossings.map((one) => one[key]));
      rows.push({
        content: kind,
        way,
        'MB/s': Math.round(of('megabytesPerSecond')),
        'of the socket': Number((of('megabytesPerSecond') / plain).toFixed(2)),
        'source CPU s/GB': Number(of('sourceCpu').toFixed(2)),
        'receiver CPU s/GB': Number(of('receiverCpu').toFixed(2)),
      });
    }
  }
  const memory: object[] = [];
  for (const size of values.sizes.split(',').filter(Boolean).map(Number)) {
    const image = await makeImage(path.join(folder, 'random'), size * mega);
    const { sourceRss, receiverRss, megabytesPerSecond } = await cross('ours', image);
    memory.push({
      'image MB': size,
      'MB/s': Math.round(megabytesPerSecond),
      'source peak RSS MB': Math.round(sourceRss / mega),
      'receiver peak RSS MB': Math.round(receiverRss / mega),
    });
  }
  console.table(rows);
  console.table(memory);
  await writeResults('wire', { runs, imageMegabytes: Number(values.size) }, { rows, memory });
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function crossing(
  way: Way,
  image: MadeImage,
  identities: Record<EndSettings['role'], string>,
  teamSecret: string,
): Promise<Crossing> {
  const settings = { way, image, teamSecret };
  const source = start({ ...settings, role: 'source', identity: identities.source });
  const { port } = await source.next('listening');
  const receiver = start({ ...settings, role: 'receiver', identity: identities.receiver, port });
  const [given, got] = await Promise.all([source.next('done'), receiver.next('done')]);
  const gigabytes = image.size / 1e9;
  return {
    megabytesPerSecond: image.size / mega / (got.ms / 1000),
    sourceCpu: given.cpuMs / 1000 / gigabytes,
    receiverCpu: got.cpuMs / 1000 / gigabytes,
    sourceRss: given.peakRss,
    receiverRss: got.peakRss,
  };
}

/** Starts an end in a process of its own; `next` waits for what it says. */
function start(settings: EndSettings) {
  const profile =
    values.profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${values.profile}/${settings.way}-${settings.role}`];
  const child: ChildProcess = spawn(
    process.execPath,
    [...profile, '--import', 'tsx', end, JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const heard: EndLine[] = [];
  let wake: () => void = () => undefined;
  if (child.stdout === null) throw new Error('no output');
  const lines = createInterface({ input: child.stdout });
  let isOver = false;
  lines.on('line', (line) => {
    heard.push(JSON.parse(line) as EndLine);
    wake();
  });
  lines.on('close', () => {
    isOver = true;
    wake();
  });
  return {
    async next<T extends EndLine['type']>(type: T): Promise<Extract<EndLine, { type: T }>> {
      for (;;) {
        const line = heard.find((one) => one.type === type);
        if (line !== undefined) return line as Extract<EndLine, { type: T }>;
        if (isOver) throw new Error(`the ${settings.role} (${settings.way}) ended too soon`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
