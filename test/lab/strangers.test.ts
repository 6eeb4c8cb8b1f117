import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListReport, PeersReport, StatusReport } from '../../src/control/api.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { clear } from './stock.js';
import { until } from './until.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, mallory } = workstations;
const repository = 'registry.acme.example:5000/quokka-reactor/xylophone-engine';
const names = [`${repository}:v7.31-zebrafish`, `${repository}:wombat-candidate`];
const words = [
  'acme',
  'quokka',
  'reactor',
  'xylophone',
  'v7.31',
  'zebrafish',
  'wombat',
  'candidate',
  ':5000',
];

let devices: Device[] = [];
let stranger: Device;
let image: Image;
const on = (workstation: Workstation): Device => {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

beforeAll(async () => {
  await bringUpLab();
  await Promise.all([ada, bob, cleo].map(clear));
  image = await buildImage({ layers: [{ entries: [file('app', { random: 50_000 })] }], seed: 'strangers' });
  devices = await Device.team(ada, bob, cleo);
  stranger = new Device(mallory);
  await stranger.reset();
  await stranger.start();
});

afterAll(async () => {
  for (const device of [...devices, stranger]) await device?.stop();
  await Promise.all([ada, bob, cleo].map(clear));
});

/** Records what passes an interface, until it is stopped; resolves when it listens. */
async function record(workstation: Workstation, filter: readonly string[]) {
  const words = ['-U', '--immediate-mode', '-s', '0', '-i', 'eth0', '-w', '-', ...filter];
  const tcpdump = workstation.spawn(['tcpdump', ...words]);
  const parts: Buffer[] = [];
  tcpdump.stdout?.on('data', (bytes: Buffer) => parts.push(bytes));
  if (tcpdump.stderr !== null) await once(tcpdump.stderr, 'data'); // "listening on …"
  const ended = once(tcpdump, 'close');
  return {
    get bytes(): Buffer {
      return Buffer.concat(parts);
    },
    stop: async (): Promise<void> => {
      tcpdump.kill('SIGINT');
      await ended;
    },
  };
}

/** Which of the secrets of an image, its names, tags and digests in any spelling, bytes contain. */
function told(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').toLowerCase();
  const digests = [image.config, image.manifest, ...image.layers.map(({ blob }) => blob)].flatMap(
    ({ digest }) => {
      const raw = Buffer.from(digest.slice('sha256:'.length), 'hex');
      return [
        raw.toString('hex').slice(0, 12),
        raw.toString('latin1'),
        raw.toString('base64url'),
        raw.toString('base64'),
      ];
    },
  );
  return [...words, ...digests].filter((secret) => text.includes(secret.toLowerCase()));
}

describe('a stranger on the LAN', () => {
  it('hears that ada is there, and no name, tag or digest of what she shares', async () => {
    const recorded = await record(mallory, ['udp', 'port', '5353']);
    const generations = () => new Set(recorded.bytes.toString('latin1').match(/g=\d{13,}/g) ?? []).size;
    const before = generations();
    await ada.load(archive([{ content: image, names }]));
    const listed = async () => (await on(bob).json<ListReport>(['ls'])).images.length;
    await until(listed, (count) => count === 2);
    await ada.docker('rmi', names[1] ?? '');
    await until(listed, (count) => count === 1);
    await stranger.json<PeersReport>(['peers']); // asks, so that all answer once more
    await until(
      async () => generations() - before,
      (count) => count >= 2,
    );
    await recorded.stop();
    expect(recorded.bytes.toString('latin1')).toContain('_p2pimg');
    expect(recorded.bytes.toString('latin1')).toContain('n=ada');
    expect(told(recorded.bytes)).toEqual([]);
    console.log(
      `lab: ${recorded.bytes.length} bytes of mDNS recorded, ${generations()} states of the catalogues in it`,
    );
  });

  it('who hears the line itself reads nothing of a transfer either', async () => {
    const recorded = await record(ada, ['not', 'udp', 'port', '5353']);
    const { done } = await on(cleo).get(names[0] ?? '', '--from', 'ada');
    await recorded.stop();
    expect(done?.configDigest).toBe(image.config.digest);
    expect(recorded.bytes.length).toBeGreaterThan(50_000 / 2);
    expect(told(recorded.bytes)).toEqual([]);
  });

  it('of another team sees no peer, and how many agents there are', async () => {
    const count = async () => (await stranger.json<PeersReport>(['peers'])).otherTeams;
    const { peers } = await stranger.json<PeersReport>(['peers']);
    expect(peers).toEqual([]);
    expect((await stranger.json<ListReport>(['ls'])).images).toEqual([]);
    const before = await count();
    expect(before).toBeGreaterThanOrEqual(devices.length);
    await on(cleo).stop();
    await until(count, (now) => now === before - 1, { withinMs: 5_000 });
    await on(cleo).start();
    await until(count, (now) => now === before, { withinMs: 5_000 });
    const { stdout } = await stranger.run(['peers']);
    expect(stdout).toContain(`${before} agents of another team are on this network`);
    for (const name of ['ada', 'bob', 'cleo']) expect(stdout).not.toContain(name);
    expect((await on(ada).json<PeersReport>(['peers'])).peers.map(({ name }) => name)).not.toContain(
      'mallory',
    );
  });

  it('gets the same bare 401 whatever it brings, and not one byte before', async () => {
    const { port } = await on(ada).json<StatusReport>(['status']);
    const script = fileURLToPath(new URL('stranger.ts', import.meta.url));
    const { code, stdout, stderr } = await mallory.run([
      ...[process.execPath, '--import', import.meta.resolve('tsx'), script],
      ...[ada.address, String(port), `${mallory.directory}/stranger`],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const answers = JSON.parse(stdout) as Record<string, string>;
    expect(Object.keys(answers)).toHaveLength(7);
    for (const answer of Object.values(answers))
      expect(answer).toBe('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
});
