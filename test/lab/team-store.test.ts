import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../src/control/api.js';
import { compressed } from '../file/compressed.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { clear, stockOf } from './stock.js';
import { until } from './until.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, cleo, dan, eve, nas } = workstations;
const engines = [ada, cleo, dan, eve];
const folder = path.join(nas.directory, 'archives');
const store = new Device(nas, ['--archives', folder]);
const devices = new Map(engines.map((workstation) => [workstation, new Device(workstation)]));
const on = (workstation: Workstation): Device => devices.get(workstation) as Device;

const kinds = [
  { name: 'plain', file: 'plain.tar', compression: 'none', layout: 'oci+docker' },
  { name: 'old', file: 'old.tar.gz', compression: 'gzip', layout: 'docker' },
  { name: 'small', file: 'small.tar.bz2', compression: 'bzip2', layout: 'docker' },
  { name: 'fast', file: 'fast.tar.zst', compression: 'zstd', layout: 'oci+docker' },
] as const;
const images = new Map<string, Image>();
let whole: Buffer;

const make = (own: string): Promise<Image> =>
  buildImage({
    layers: [
      { entries: [file('base', { random: 1_000_000 })], compression: 'gzip' },
      { entries: [file('own', own)], compression: 'none' },
    ],
    labels: { own },
    seed: 'team store',
  });
const put = async (name: string, bytes: Buffer): Promise<void> => {
  await writeFile(path.join(folder, name), bytes);
  await utimes(path.join(folder, name), 1_700_000_000, 1_700_000_000);
};
const status = () => store.json<StatusReport>(['status']);
const shared = async () => (await status()).archives?.shared;

beforeAll(async () => {
  await bringUpLab();
  for (const workstation of engines) await clear(workstation);
  for (const device of [store, ...devices.values()]) await device.reset();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const { name, file: target, compression, layout } of kinds) {
    const content = await make(name);
    images.set(name, content);
    const bytes = await buffer(archive([{ content, names: [`docker.io/team/${name}:1`] }], { layout }));
    await put(target, compressed(bytes, compression));
    whole = bytes;
  }
  await put('broken.tar', Buffer.alloc(10_000, 'broken'));
  await put('half.tar.gz', compressed(whole, 'gzip').subarray(0, 500_000));
  await store.start();
  const invite = await store.invite();
  for (const device of devices.values()) {
    await device.start();
    await device.join(invite);
  }
  for (const device of [store, ...devices.values()]) await device.untilPeers(engines.length);
  await until(shared, (count) => count === kinds.length);
});

afterAll(async () => {
  for (const device of [store, ...devices.values()]) await device.reset();
  for (const workstation of engines) await clear(workstation);
  await rm(folder, { recursive: true, force: true });
});

describe.each(engines)('a team store, on $name ($engine)', (receiver) => {
  it.each(kinds)('is where $file is had from', async ({ name }) => {
    const { code, done, error } = await on(receiver).get(`team/${name}:1`, '--from', 'nas');
    expect(error).toBeUndefined();
    expect(code).toBe(0);
    expect(done).toMatchObject({ configDigest: images.get(name)?.config.digest, peer: { name: 'nas' } });
    const saved = await on(receiver).saved(`docker.io/team/${name}:1`);
    expect(saved.image.configDigest).toBe(images.get(name)?.config.digest);
    expect(saved.image.layers.map(({ diffId }) => diffId)).toEqual(images.get(name)?.diffIds);
  });
});

describe('a team store', () => {
  it('names in its log and its status what it does not share', async () => {
    const { archives, engine } = await status();
    expect(engine).toMatchObject({ state: 'up', description: 'archives only', images: kinds.length });
    expect(archives?.unshared).toEqual([
      { file: 'broken.tar', type: 'broken', reason: expect.stringContaining('no tar') },
      { file: 'half.tar.gz', type: 'broken', reason: expect.stringContaining('breaks off') },
    ]);
    for (const name of ['broken.tar', 'half.tar.gz'])
      expect(store.log).toMatch(new RegExp(`${name} is not shared: it`));
    const { stdout } = await store.run(['status']);
    expect(stdout).toMatch(/archives {2}4 files shared, 2 not\n {2}unshared {2}broken\.tar: it is no tar/);
  });

  it('shares a half-copied file when it is whole', async () => {
    const content = await make('late');
    const bytes = compressed(await buffer(archive([{ content, names: ['docker.io/team/late:1'] }])), 'gzip');
    await put('half.tar.gz', bytes);
    await until(shared, (count) => count === kinds.length + 1);
    const { done } = await on(dan).get('team/late:1');
    expect(done).toMatchObject({ configDigest: content.config.digest, peer: { name: 'nas' } });
  });

  it('gets nothing into its folder, and says why', async () => {
    await cleo.load(archive([{ content: await make('cleo'), names: ['docker.io/team/cleo:1'] }]));
    const before = await stockOf(cleo);
    const { code, stderr } = await store.run(['get', 'team/cleo:1']);
    expect(code).toBe(7);
    expect(stderr).toMatch(/^p2pimg: this device shares a folder of archives, and gets no images\n/);
    expect(await stockOf(cleo)).toEqual(before);
  });

  it('gets into another engine that is named', async () => {
    const { done } = await store.get('team/cleo:1', '--engine', 'store');
    expect(done).toMatchObject({ image: 'team/cleo:1', already: false, peer: { name: 'cleo' } });
  });

  it('knows its files at once when it starts again', async () => {
    await store.stop();
    await store.start();
    expect(await shared()).toBe(kinds.length + 1);
  });
});
