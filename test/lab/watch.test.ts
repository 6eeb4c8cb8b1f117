import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../src/control/watching.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { clear, danglingOn, stockOf } from './stock.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, cleo, dan } = workstations;
const all = [ada, cleo, dan];
let devices: Device[] = [];
const on = (workstation: Workstation): Device =>
  devices.find((device) => device.workstation === workstation) as Device;

const make = ({ name }: Workstation, day: number): Promise<Image> =>
  buildImage({
    layers: [{ entries: [file('version', `${process.pid}-${name}-${day}`)], compression: 'none' }],
    created: new Date(Date.UTC(2024, 0, day)),
  });

async function load(workstation: Workstation, image: Image, name: string): Promise<void> {
  await workstation.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
}

/** The events of a `watch --json`, one by one. */
class Watched {
  readonly child: ReturnType<Device['spawn']>;
  readonly ended: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;

  constructor(device: Device, ...words: string[]) {
    this.child = device.spawn(['watch', ...words, '--json']);
    this.ended = once(this.child, 'exit');
    this.#lines = createInterface({ input: this.child.stdout as Readable })[Symbol.asyncIterator]();
  }

  async next<T extends WatchEvent['type']>(type: T): Promise<Extract<WatchEvent, { type: T }>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the watch ended without a ${type}`);
      const event = JSON.parse(value) as WatchEvent;
      if (event.type === type) return event as Extract<WatchEvent, { type: T }>;
    }
  }
}

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  devices = await Device.team(...all);
});

afterAll(async () => {
  for (const device of devices) await device.stop();
  await Promise.all(all.map((workstation) => clear(workstation)));
});

describe.each([
  { watcher: cleo, source: ada },
  { watcher: ada, source: dan },
])('a watch at $watcher.engine, of $source.engine', { timeout: 120_000 }, ({ watcher, source }) => {
  it('gets each newer version as it is built, and no older one, until Ctrl-C, which is a good end', async () => {
    const name = `watch/${source.name}:latest`;
    const [old, first, second] = [await make(source, 1), await make(source, 2), await make(source, 3)];
    await load(source, first, name);
    const before = await danglingOn(watcher);
    const watch = new Watched(on(watcher), `watch/${source.name}*`);
    expect(await watch.next('watching')).toMatchObject({ newer: 1 });
    expect(await watch.next('got')).toMatchObject({
      image: name,
      configDigest: first.config.digest,
      peer: { name: source.name },
    });
    await load(source, second, name);
    expect((await watch.next('got')).configDigest).toBe(second.config.digest);
    await load(source, old, name);
    const other = `watch/${source.name}-other:1`;
    await load(source, old, other);
    // were the older one taken, it would have come first
    expect((await watch.next('got')).image).toBe(other);
    watch.child.kill('SIGINT');
    expect(await watch.ended).toEqual([0, null]);
    expect((await stockOf(watcher)).filter((line) => line.includes(`watch/${source.name}`))).toHaveLength(2);
    const left = (await danglingOn(watcher)).filter((id) => !before.includes(id));
    expect(left.length).toBeLessThanOrEqual(1); // what had the name before
  });

  it('with --once ends after the first', async () => {
    const name = `once/${source.name}:1`;
    const watch = new Watched(on(watcher), 'once/*', '--once', '--only-new');
    await watch.next('watching');
    await load(source, await make(source, 4), name);
    expect((await watch.next('got')).image).toBe(name);
    expect(await watch.ended).toEqual([0, null]);
  });
});
