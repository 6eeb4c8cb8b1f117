import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { stockOf } from './stock.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, cleo, dan } = workstations;
const all = [ada, cleo, dan];
const name = 'team/disputed:2';

let devices: Device[] = [];
let older: Image;
let newer: Image;
const on = (workstation: Workstation): Device =>
  devices.find((device) => device.workstation === workstation) as Device;

const made = (created: string): Promise<Image> =>
  buildImage({ layers: [{ entries: [file('made', created)] }], created: new Date(created) });

beforeAll(async () => {
  await bringUpLab();
  older = await made('2026-01-01T00:00:00Z');
  newer = await made('2026-02-02T00:00:00Z');
  await Promise.all(all.map((workstation) => workstation.removeImages()));
  devices = await Device.team(...all);
  await ada.load(archive([{ content: newer, names: [`docker.io/${name}`] }]));
  await cleo.load(archive([{ content: older, names: [`docker.io/${name}`] }]));
}, 240_000);

beforeEach(() => dan.removeImages());

afterAll(async () => {
  for (const device of devices) await device.stop();
});

describe('two versions of one tag on two peers', () => {
  it('come to the newest, and the other is named', async () => {
    const { done, events } = await on(dan).get(name);
    expect(done?.configDigest).toBe(newer.config.digest);
    expect(events.find(({ type }) => type === 'found')).toMatchObject({
      peer: { name: 'ada' },
      differing: [{ peer: { name: 'cleo' }, id: older.config.digest }],
    });
    const { stdout } = await on(dan).run(['get', name, '--dry-run', '--from', 'cleo']);
    expect(stdout).toContain('at cleo');
  });

  it.each([
    ['--from', () => [name, '--from', 'cleo']],
    ['the config digest', () => [`${name}@${older.config.digest}`]],
    ['--id', () => [name, '--id', older.config.digest.slice(7, 19)]],
  ])('come to the older by %s', async (_, words) => {
    const [image = '', ...options] = words();
    const { error, done } = await on(dan).get(image, ...options);
    expect(error).toBeUndefined();
    expect(done?.configDigest).toBe(older.config.digest);
    expect((await on(dan).saved(name)).image.configDigest).toBe(older.config.digest);
  });

  it('show both in ls, and what is here', async () => {
    await on(dan).get(name, '--from', 'cleo');
    const { images } = await on(dan).json<{ images: { reference: string; id: string; here: string }[] }>([
      'ls',
      'team/disputed',
    ]);
    expect(images).toMatchObject([
      { id: newer.config.digest, here: 'other', other: { older: true } },
      { id: older.config.digest, here: 'yes' },
    ]);
  });
});

describe('--dry-run', () => {
  it('tells what would come, and brings nothing', async () => {
    const before = await dan.rxBytes();
    const { code, events } = await on(dan).get(name, '--dry-run');
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ type: 'plan', layers: 1, layersHere: 0 });
    expect(await stockOf(dan)).toEqual([]);
    expect((await dan.rxBytes()) - before).toBeLessThan(100_000);
  });
});
