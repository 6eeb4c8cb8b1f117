import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
const all = [ada, bob, cleo, dan];
const seed = Number(process.env.LAB_SEED ?? 20_260);
const steps = Number(process.env.LAB_STEPS ?? 12);
const members = 6;
const layerCount = 20;

let devices: Device[] = [];
const images: Image[] = [];
const name = (member: number): string => `family/member:${member}`;

/** The same numbers for the same seed (mulberry32). */
function randomNumbers(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

beforeAll(async () => {
  await bringUpLab();
  const random = randomNumbers(seed);
  for (let member = 0; member < members; member++) {
    // Each member changes one layer of the first, and whatever stands above it.
    const changed = random(layerCount);
    images.push(
      await buildImage({
        seed: 'family',
        layers: Array.from({ length: layerCount }, (_, index) => ({
          entries: [
            file(`layer-${index}${member > 0 && index === changed ? `-${member}` : ''}`, { random: 60_000 }),
          ],
          compression: index % 2 === 0 ? ('gzip' as const) : ('none' as const),
        })),
        labels: { member: `${member}` },
      }),
    );
  }
  await Promise.all(all.map((workstation) => workstation.removeImages()));
  devices = await Device.team(...all);
}, 240_000);

afterAll(async () => {
  for (const device of devices) await device.stop();
  await Promise.all(all.map((workstation) => workstation.removeImages()));
});

describe(`a family of 20 layers, in random order between random pairs (LAB_SEED=${seed}, LAB_STEPS=${steps})`, () => {
  it('has after each step the same config digests and layers everywhere', async () => {
    const random = randomNumbers(seed + 1);
    const holders = new Map<number, Workstation[]>();
    for (const [member, image] of images.entries()) {
      const home = all[random(all.length)] as Workstation;
      await home.load(archive([{ content: image, names: [`docker.io/${name(member)}`] }]));
      holders.set(member, [home]);
    }
    for (let step = 0; step < steps; step++) {
      const member = random(members);
      const having = holders.get(member) ?? [];
      const lacking = all.filter((one) => !having.includes(one));
      const receiver = lacking[random(Math.max(1, lacking.length))];
      if (receiver === undefined) continue;
      const source = having[random(having.length)] as Workstation;
      const what = `step ${step}: ${name(member)} from ${source.name} to ${receiver.name}`;
      const device = devices.find(({ workstation }) => workstation === receiver) as Device;
      const { error, done } = await device.get(name(member), '--from', source.name);
      expect(error, what).toBeUndefined();
      expect(done?.configDigest, what).toBe(images[member]?.config.digest);
      const saved = await device.saved(name(member));
      expect(saved.image.configDigest, what).toBe(images[member]?.config.digest);
      expect(
        saved.image.layers.map(({ diffId }) => diffId),
        what,
      ).toEqual(images[member]?.diffIds);
      having.push(receiver);
    }
  }, 600_000);
});
