import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WayEvent } from '../../src/control/ways.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { type Machine, makeMachine } from './machine.js';
import { clear, stockOf } from './stock.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, cleo, dan, eve } = workstations;
const engines = [ada, cleo, dan, eve];
const devices = new Map(engines.map((workstation) => [workstation, new Device(workstation)]));
const on = (workstation: Workstation): Device => devices.get(workstation) as Device;
const pairs = engines.flatMap((source) =>
  engines.filter((receiver) => receiver !== source).map((receiver) => ({ source, receiver })),
);
const baseBytes = 2_000_000;

const make = (own: string, base: string): Promise<Image> =>
  buildImage({
    layers: [
      { entries: [file('base', { random: baseBytes })], compression: 'gzip' },
      { entries: [file('own', own)], compression: 'none' },
    ],
    labels: { own },
    seed: base,
  });

async function copy(device: Device, ...words: string[]) {
  const { code, stdout, stderr } = await device.run(['copy', ...words, '--json']);
  const events = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as WayEvent);
  return { code, done: events.find((event) => event.type === 'done'), stdout, stderr };
}

beforeAll(async () => {
  await bringUpLab();
  for (const workstation of engines) await clear(workstation);
  for (const device of devices.values()) await device.reset();
});

afterAll(async () => {
  for (const workstation of engines) await clear(workstation);
  for (const device of devices.values()) await device.reset();
});

describe.each(pairs)(
  'from $source.name ($source.engine) to $receiver.name ($receiver.engine)',
  ({ source, receiver }) => {
    it('an image is copied whole, without what is there, and a second time not at all', async () => {
      const seed = `${source.name}-${receiver.name}`;
      const [older, image] = [await make('older', seed), await make('newer', seed)];
      await receiver.load(archive([{ content: older, names: [`docker.io/team/${seed}:0`] }]));
      await source.load(archive([{ content: image, names: [`docker.io/team/${seed}:1`] }]));
      const words = [`team/${seed}:1`, '--from', `unix://${source.engineSocket}`];

      const first = await copy(on(receiver), ...words);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.done).toMatchObject({ already: false, configDigest: image.config.digest });
      const saved = await on(receiver).saved(`docker.io/team/${seed}:1`);
      expect(saved.image.configDigest).toBe(image.config.digest);
      expect(saved.image.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
      expect(first.done?.received).toBeLessThan(baseBytes / 10);

      const before = await stockOf(receiver);
      const second = await copy(on(receiver), ...words);
      expect(second.done).toMatchObject({ already: true, received: 0 });
      expect(await stockOf(receiver)).toEqual(before);
    });
  },
);

describe('an engine is also', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await makeMachine('old', ada, cleo);
  });
  afterAll(() => machine.remove());

  it("a docker-machine's, by its folder and with its TLS", async () => {
    const image = await make('machine', 'machine');
    await cleo.load(archive([{ content: image, names: ['docker.io/team/machine:1'] }]));
    const got = await copy(on(ada), 'team/machine:1', '--from', 'machine:old');
    expect(got).toMatchObject({ code: 0, stderr: '' });
    expect((await on(ada).saved('docker.io/team/machine:1')).image.configDigest).toBe(image.config.digest);

    await ada.docker('tag', 'team/machine:1', 'team/back:1');
    const given = await copy(on(ada), 'team/back:1', '--to', 'machine:old');
    expect(given.done).toMatchObject({ already: true, received: 0 });
    expect((await on(cleo).saved('docker.io/team/back:1')).image.configDigest).toBe(image.config.digest);
  });

  it('not reached without its TLS, nor where there is no such machine', async () => {
    const plain = await copy(on(ada), 'team/machine:1', '--from', `tcp://${cleo.address}:2376`);
    expect(plain.code).toBe(6);
    const nobody = await copy(on(ada), 'team/machine:1', '--from', 'machine:nobody');
    expect(nobody.code).toBe(2);
  });

  it('a layout in a folder, in both directions', async () => {
    const image = await make('layout', 'layout');
    await dan.load(archive([{ content: image, names: ['docker.io/team/layout:1'] }]));
    const layout = path.join(dan.directory, 'layout');
    const out = await copy(on(dan), 'team/layout:1', '--to', `layout:${layout}`);
    expect(out).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(path.join(layout, 'index.json'))).toBe(true);
    const back = await copy(on(eve), 'team/layout:1', '--from', `layout:${layout}`);
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect((await on(eve).saved('docker.io/team/layout:1')).image.configDigest).toBe(image.config.digest);
    await rm(layout, { recursive: true });
  });
});
