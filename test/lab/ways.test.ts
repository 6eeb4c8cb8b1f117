import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFile } from '../../src/agent/load.js';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { paths } from '../../src/control/paths.js';
import type { WayEvent } from '../../src/control/ways.js';
import { asP2pimgError } from '../../src/error.js';
import type { Compression } from '../../src/file/compression.js';
import { compressed } from '../file/compressed.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { sh } from './process.js';
import { clear, stockOf } from './stock.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, cleo, dan, eve } = workstations;
const engines = [ada, cleo, dan, eve];
const devices = new Map(engines.map((workstation) => [workstation, new Device(workstation)]));
const on = (workstation: Workstation): Device => devices.get(workstation) as Device;

let folder: string;
let app: Image;
let db: Image;
const baseBytes = 2_000_000;

const make = (own: string): Promise<Image> =>
  buildImage({
    layers: [
      { entries: [file('base', { random: baseBytes })], compression: 'gzip' },
      { entries: [file('own', own), file('more', { random: 100_000 })], compression: 'none' },
    ],
    labels: { own },
    seed: 'ways',
  });
const names = ['docker.io/team/app:1', 'docker.io/team/db:14'];
const packed = () =>
  buffer(
    archive([
      { content: app, names: [names[0] as string] },
      { content: db, names: [names[1] as string] },
    ]),
  );

/** Gives an engine both images, one load each: Podman takes no more. */
async function stock(workstation: Workstation): Promise<void> {
  await clear(workstation);
  await workstation.load(archive([{ content: app, names: [names[0] as string] }]));
  await workstation.load(archive([{ content: db, names: [names[1] as string] }]));
}

/** Runs a command with `--json`, and tells its events. */
async function told(device: Device, ...words: string[]) {
  const { code, stdout, stderr } = await device.run([...words, '--json']);
  const events = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as WayEvent);
  const done = events.filter((event) => event.type === 'done');
  return { code, events, done, stderr };
}

async function expectBoth(workstation: Workstation): Promise<void> {
  for (const [name, image] of [
    ['team/app:1', app],
    ['team/db:14', db],
  ] as const) {
    const saved = await on(workstation).saved(`docker.io/${name}`);
    expect([workstation.name, saved.image.configDigest]).toEqual([workstation.name, image.config.digest]);
    expect(saved.image.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
  }
}

beforeAll(async () => {
  await bringUpLab();
  folder = await mkdtemp('/tmp/p2pimg-ways-');
  [app, db] = await Promise.all([make('app'), make('db')]);
  for (const device of devices.values()) await device.reset();
});

afterAll(async () => {
  for (const workstation of engines) await clear(workstation);
  for (const device of devices.values()) await device.reset();
  await rm(folder, { recursive: true, force: true });
});

describe.each(
  engines.map((source, index) => ({ source, ending: ['tar', 'tar.gz', 'tar.zst', 'tar'][index] })),
)('a .$ending saved on $source.name ($source.engine)', ({ source, ending }) => {
  const saved = () => path.join(folder, `${source.name}.${ending}`);
  beforeAll(async () => {
    await stock(source);
    const { code, stderr } = await on(source).run(['save', 'team/app:1', 'team/db:14', '-o', saved()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('is the same the second time', async () => {
    const again = `${saved()}.again.${ending}`;
    await on(source).run(['save', 'team/app:1', 'team/db:14', '-o', again]);
    expect((await readFile(again)).equals(await readFile(saved()))).toBe(true);
  });

  it.each(engines)(
    'is loaded on $name ($engine), only what is missing, and then nothing any more',
    async (receiver) => {
      await clear(receiver);
      const first = await told(on(receiver), 'load', '-i', saved());
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.done.map(({ already, image }) => [image, already])).toEqual([
        ['team/app:1', false],
        ['team/db:14', false],
      ]);
      expect(first.done[1]?.received).toBeLessThan(baseBytes / 2);
      await expectBoth(receiver);
      const before = await stockOf(receiver);
      const second = await told(on(receiver), 'load', '-i', saved());
      expect(second.done.map(({ already, received }) => [already, received])).toEqual([
        [true, 0],
        [true, 0],
      ]);
      expect(await stockOf(receiver)).toEqual(before);
    },
  );

  // Docker 20.10 unpacks no zstd, and Podman 4.3 no several images with gzip
  const unreadable = ending === 'tar.zst' ? dan : ending === 'tar.gz' ? eve : undefined;
  it.each(engines.filter((one) => one !== unreadable))(
    'is read by the engine of $name ($engine) itself',
    async (receiver) => {
      await clear(receiver);
      await receiver.load(createReadStream(saved()));
      await expectBoth(receiver);
    },
  );

  it.skipIf(ending !== 'tar')('is read by skopeo, as either kind of archive', async () => {
    for (const image of [
      `docker-archive:${saved()}:team/app:1`,
      `oci-archive:${saved()}:docker.io/team/app:1`,
    ]) {
      const { Layers } = JSON.parse(await sh('skopeo', 'inspect', image)) as { Layers: string[] };
      expect([image, Layers.length]).toEqual([image, 2]);
    }
  });
});

describe.each(engines)('at the engine of $name ($engine), a broken archive', (receiver) => {
  it.each<Compression>(['none', 'gzip', 'bzip2', 'zstd'])(
    'with compression %s loads nothing, wherever it is cut, and ends with 5',
    async (compression) => {
      await clear(receiver);
      const whole = compressed(await packed(), compression);
      const device = { paths: paths({ P2PIMG_HOME: path.join(folder, 'home') }), peers: [], interfaces: [] };
      const engine = `unix://${receiver.engineSocket}`;
      const cut = path.join(folder, 'cut');
      const places = Array.from({ length: 50 }, () => Math.floor(Math.random() * whole.length));
      for (const place of places) {
        await writeFile(cut, whole.subarray(0, place));
        const loading = loadFile(
          { origin: { type: 'file', file: cut } },
          { ...device, engine },
          () => undefined,
          new AbortController().signal,
        );
        const code = await loading.then(
          () => 0,
          (error: unknown) => exitCodeOf(asP2pimgError(error).code),
        );
        expect([place, code]).toEqual([place, 5]);
      }
      expect(await stockOf(receiver)).toEqual([]);
    },
  );

  it('is told in the command line, from a pipe too', async () => {
    const whole = compressed(await packed(), 'gzip');
    const cut = whole.subarray(0, whole.length - 1000);
    const result = await on(receiver).run(['load'], { input: cut });
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/^p2pimg: standard input is not a sound archive of images\n/);
    expect(await stockOf(receiver)).toEqual([]);
  });
});

describe('a save that is interrupted', () => {
  it('leaves no file', async () => {
    await stock(cleo);
    const target = path.join(folder, 'interrupted');
    await mkdir(target);
    const child = on(cleo).spawn(['save', 'team/app:1', '-o', path.join(target, 'a.tar'), '--json']);
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.stdout?.once('data', () => child.kill('SIGINT'));
    expect(await ended).toBe(130);
    expect(await sh('ls', '-A', target)).toBe('');
  });
});
