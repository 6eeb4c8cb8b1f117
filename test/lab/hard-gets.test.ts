import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import {
  emptyLayers,
  hundredLayers,
  multiPlatform,
  nasty,
  oneLayer,
  repeatedLayer,
} from '../fixtures/hard-images.js';
import type { Image } from '../fixtures/image.js';
import { Device } from './device.js';
import { danglingOn, stockOf } from './stock.js';
import { bringUpLab, workstations } from './workstation.js';

const { ada, bob, cleo, dan, eve } = workstations;
const all = [ada, bob, cleo, dan, eve];
const makers = { oneLayer, emptyLayers, repeatedLayer, hundredLayers, nasty };
/** Every engine gives, and every engine gets. */
const ways = [
  [ada, bob],
  [ada, cleo],
  [cleo, dan],
  [dan, bob],
  [bob, eve],
  [eve, ada],
] as const;

let devices: Device[] = [];
const on = (name: string): Device => devices.find(({ workstation }) => workstation.name === name) as Device;

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => workstation.removeImages()));
  devices = await Device.teamWith({ sharing: [{ share: '<none>' }] }, ...all);
}, 240_000);

afterAll(async () => {
  for (const device of devices) await device.stop();
});

describe.each(ways.map(([source, receiver]) => ({ source, receiver })))(
  'from $source.name ($source.engine) to $receiver.name ($receiver.engine)',
  ({ source, receiver }) => {
    it.each(Object.entries(makers))('brings %s', async (kind, make) => {
      const name = `registry.example.com:5000/hard/${source.name}-${kind.toLowerCase()}:1`;
      const image: Image = await make();
      // The same content came by another way before: begin anew.
      await receiver.removeImages();
      await source.load(archive([{ content: image, names: [name] }]));
      const { error, done, events } = await on(receiver.name).get(name, '--from', source.name);
      expect(error, JSON.stringify(events.filter(({ type }) => type === 'lost'))).toBeUndefined();
      expect(done?.configDigest).toBe(image.config.digest);
      const saved = await on(receiver.name).saved(name);
      expect(saved.image.configDigest).toBe(image.config.digest);
      expect(saved.image.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
    });

    it('brings an untagged image by its ID', async () => {
      const image = await emptyLayers();
      await receiver.removeImages();
      await source.removeImages();
      await source.load(archive([{ content: image, names: [] }]));
      const { error, done } = await on(receiver.name).get(image.config.digest);
      expect(error).toBeUndefined();
      expect(done?.configDigest).toBe(image.config.digest);
      expect(await danglingOn(receiver)).toHaveLength(1);
    });

    it('brings one name of three', async () => {
      const image = await oneLayer();
      await receiver.removeImages();
      await source.load(archive([{ content: image, names: ['docker.io/three/a:1'] }]));
      for (const other of ['three/b:2', 'three/c:3']) await source.docker('tag', 'three/a:1', other);
      const { done } = await on(receiver.name).get('three/b:2', '--from', source.name);
      expect(done?.configDigest).toBe(image.config.digest);
      expect(await stockOf(receiver)).toHaveLength(1);
      await source.removeImages();
    });
  },
);

describe('a multi-platform index of which one platform is there', () => {
  it.each([bob, cleo, dan, eve])('comes to $name as that platform', async (receiver) => {
    const { index, here, elsewhere } = await multiPlatform();
    await ada.removeImages();
    await receiver.removeImages();
    await ada.load(archive([{ content: index, names: ['docker.io/multi/app:1'], present: [here] }]));
    const { error, done } = await on(receiver.name).get('multi/app:1', '--from', 'ada');
    expect(error).toBeUndefined();
    expect(done?.configDigest).toBe(here.config.digest);
    expect((await on(receiver.name).saved('multi/app:1')).image.configDigest).toBe(here.config.digest);
    const other = await on(receiver.name).get('multi/app:1', '--from', 'ada', '--platform', 'linux/arm64');
    expect(other.code).toBe(3);
    expect(other.error).toMatchObject({ code: 'OTHER_PLATFORM', facts: { offered: ['linux/amd64'] } });
    expect(elsewhere.config.digest).not.toBe(here.config.digest);
  });
});
