import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { type Family, family } from '../fixtures/hard-images.js';
import type { Image } from '../fixtures/image.js';
import { Device } from './device.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan, eve } = workstations;
const all = [ada, bob, cleo, dan, eve];
const pairs = all.flatMap((source) =>
  all.filter((receiver) => receiver !== source).map((receiver) => ({ source, receiver })),
);
const layerBytes = 4_000_000;
const million = 1_000_000;

let devices: Device[] = [];
let images: Family;
const on = ({ name }: Workstation): Device =>
  devices.find(({ workstation }) => workstation.name === name) as Device;
/** A workstation whose store is of another kind than the receiver's, and which is not the source. */
const third = (source: Workstation, receiver: Workstation): Workstation =>
  all.find(
    (one) =>
      one !== source &&
      one !== receiver &&
      one.engine.includes('containerd') !== receiver.engine.includes('containerd') &&
      one !== eve,
  ) ?? dan;

beforeAll(async () => {
  await bringUpLab();
  images = await family(layerBytes);
  await Promise.all(all.map((workstation) => workstation.removeImages()));
  devices = await Device.team(...all);
}, 240_000);

afterAll(async () => {
  for (const device of devices) await device.stop();
});

async function give(workstation: Workstation, image: Image, name: string): Promise<void> {
  // Docker 20.10 itself writes the old layout, and Podman's own saves are of docker's layout.
  await workstation.load(archive([{ content: image, names: [`docker.io/library/${name}`] }]));
}

describe.each(pairs)(
  'from $source.name ($source.engine) to $receiver.name ($receiver.engine)',
  ({ source, receiver }) => {
    it('sends one small new layer, and not those below it', async () => {
      const other = third(source, receiver);
      await Promise.all([source, receiver, other].map((workstation) => workstation.removeImages()));
      await give(source, images.first, 'app:1');
      await give(source, images.second, 'app:2');
      const first = await on(receiver).get('app:1', '--from', source.name);
      expect(first.error).toBeUndefined();

      const before = await receiver.rxBytes();
      const { error, done, events } = await on(receiver).get('app:2', '--from', source.name);
      const received = (await receiver.rxBytes()) - before;

      expect(error).toBeUndefined();
      expect(done?.configDigest).toBe(images.second.config.digest);
      expect(received).toBeLessThan(million);
      expect(events.find(({ type }) => type === 'plan')).toMatchObject({ layers: 5, layersHere: 4 });
      const saved = await on(receiver).saved('app:2');
      expect(saved.image.configDigest).toBe(images.second.config.digest);
      expect(saved.image.layers.map(({ diffId }) => diffId)).toEqual(images.second.diffIds);

      const onward = await on(other).get('app:2', '--from', receiver.name);
      expect(onward.error).toBeUndefined();
      expect((await on(other).saved('app:2')).image.layers.map(({ diffId }) => diffId)).toEqual(
        images.second.diffIds,
      );
    });
  },
);

describe.each([
  { source: ada, receiver: bob, most: 1.6 * layerBytes },
  { source: ada, receiver: cleo, most: 2.6 * layerBytes },
  { source: cleo, receiver: dan, most: 3.2 * layerBytes },
  { source: dan, receiver: bob, most: 1.8 * layerBytes },
])('from $source.name to $receiver.name', ({ source, receiver, most }) => {
  it('sends a changed middle layer, and of the others only what the store needs anew', async () => {
    await Promise.all([source, receiver].map((workstation) => workstation.removeImages()));
    await give(source, images.first, 'app:1');
    await give(source, images.third, 'app:3');
    await on(receiver).get('app:1', '--from', source.name);
    const before = await receiver.rxBytes();
    const { error, done } = await on(receiver).get('app:3', '--from', source.name);
    expect(error).toBeUndefined();
    expect(done?.configDigest).toBe(images.third.config.digest);
    expect((await receiver.rxBytes()) - before).toBeLessThan(most);
    expect((await on(receiver).saved('app:3')).image.layers.map(({ diffId }) => diffId)).toEqual(
      images.third.diffIds,
    );
  });
});
