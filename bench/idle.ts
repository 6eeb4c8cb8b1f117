import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { PeersReport, TeamReport } from '../src/control/api.js';
import { paths } from '../src/control/paths.js';
import { openStore } from '../src/engine/store/store.js';
import { localPlatform } from '../src/image/platform.js';
import { loadIdentity } from '../src/trust/identity.js';
import { freshImage, layerOf } from '../test/engine/claims/source.js';
import { MEDIA_TYPE } from '../test/fixtures/image.js';
import { writeResults } from './wire/results.js';

// One agent that has nothing to do, with many images and peers: `npm run bench:idle -- [--seconds 300]`.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    images: { type: 'string', default: '500' },
    peers: { type: 'string', default: '30' },
    settle: { type: 'string', default: '70' },
    /** Flags of Node for the agent, to try. */
    flags: { type: 'string', default: '' },
  },
});
const [seconds, images, peers] = [values.seconds, values.images, values.peers].map(Number) as [
  number,
  number,
  number,
];
const peersPerProcess = 3;
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const manyPeers = fileURLToPath(new URL('idle/many-peers.ts', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-idle-'));
const home = path.join(folder, 'agent');
const name = `idle-${process.pid}`;
const env = { ...process.env, P2PIMG_HOME: home };
const started: ReturnType<typeof spawn>[] = [];

try {
  await fillStore();
  await loadIdentity(paths(env).config); // made by an agent's first start only, with what is needed for it
  const flags = values.flags.split(' ').filter(Boolean);
  const options = ['--engine', 'store', '--interface', '127.0.0.1', '--name', name, '--port', '0'];
  const agent = spawn(process.execPath, [...flags, cli, 'agent', ...options], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(agent);
  const { invite } = await untilAnswered<TeamReport>(['team', 'show'], ({ invite }) => invite !== undefined);
  // In several processes, as peers of one process would keep in step with each other.
  for (let begun = 0; begun < peers; begun += peersPerProcess) {
    const count = Math.min(peersPerProcess, peers - begun);
    const words = [path.join(folder, `peers-${begun}`), String(count), name, invite];
    started.push(
      spawn(process.execPath, ['--import', 'tsx', manyPeers, ...words], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
  }
  await untilAnswered<PeersReport>(['peers'], (report) => report.peers.length === peers);
  // Whoever came asks for others after 1, 2, 4 … 32 s, and from then on once a minute: what comes with their arrival is
  // no idling.
  await delay(Number(values.settle) * 1000);
  const pid = agent.pid ?? 0;
  const [before, begun] = [await cpuSeconds(pid), performance.now()];
  const resident: number[] = [];
  while (performance.now() - begun < seconds * 1000) {
    await delay(1_000);
    resident.push(await residentBytes(pid));
  }
  const cpu = (await cpuSeconds(pid)) - before;
  const row = {
    images,
    peers,
    seconds,
    'CPU % of a core': Number(((cpu / ((performance.now() - begun) / 1000)) * 100).toFixed(3)),
    'RSS MB, first': Math.round((resident[0] ?? 0) / 1e6),
    'RSS MB, last': Math.round((resident.at(-1) ?? 0) / 1e6),
    'RSS MB, most': Math.round(Math.max(...resident) / 1e6),
  };
  console.table([row]);
  await writeResults('idle', {}, { idle: [row] });
} finally {
  for (const child of started) {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
}

/** Writes the layout by hand: by `import` and `tag`, each image would be made durable for itself. */
async function fillStore(): Promise<void> {
  const layout = path.join(paths(env).state, 'store');
  await mkdir(paths(env).state, { recursive: true, mode: 0o700 });
  await (await openStore(layout)).close();
  const manifests: object[] = [];
  for (let index = 0; index < images; index++) {
    const layers = [layerOf(`base ${index % 20}`), layerOf(`app ${index}`)];
    const image = await freshImage(localPlatform(), layers);
    for (const blob of [image.manifest, image.config, ...image.layers.map((layer) => layer.blob)])
      await writeFile(blobPath(layout, blob.digest), Readable.from(blob.open()));
    const { digest, bytes } = image.manifest;
    const name = `registry.example.com/team/app-${index % 50}:${index}`;
    manifests.push({
      mediaType: MEDIA_TYPE.manifest,
      digest,
      size: bytes.length,
      annotations: { 'io.containerd.image.name': name },
    });
  }
  await writeFile(path.join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

function blobPath(layout: string, digest: string): string {
  return path.join(layout, 'blobs', 'sha256', digest.replace(/^sha256:/, ''));
}

async function untilAnswered<T>(words: readonly string[], isIt: (answer: T) => boolean): Promise<T> {
  for (;;) {
    if (started.some(({ exitCode }) => exitCode !== null)) throw new Error('an agent or its peers ended');
    const asked = promisify(execFile)(process.execPath, [cli, ...words, '--json'], { env });
    const answer = await asked.then(
      ({ stdout }) => JSON.parse(stdout) as T,
      () => undefined,
    );
    if (answer !== undefined && isIt(answer)) return answer;
    await delay(500);
  }
}

/** User and system time, in the kernel's ticks of 10 ms. */
async function cpuSeconds(pid: number): Promise<number> {
  const [user, system] = (await readFile(`/proc/${pid}/stat`, 'utf8'))
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11);
  return (Number(user) + Number(system)) / 100;
}

async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
