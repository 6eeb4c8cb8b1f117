import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ArrivalsReport, SendEvent } from '../../src/control/sending.js';
import { archive } from '../fixtures/archive.js';
import { large } from '../fixtures/hard-images.js';
import type { Image } from '../fixtures/image.js';
import { Device } from './device.js';
import { clear, danglingOn, stockOf } from './stock.js';
import { until } from './until.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, eve, nas } = workstations;
const engines = [ada, bob, cleo, eve];
const folder = path.join(nas.directory, 'archives');
const store = new Device(nas, ['--archives', folder]);
const devices = new Map(engines.map((workstation) => [workstation, new Device(workstation)]));
const on = (workstation: Workstation): Device => devices.get(workstation) as Device;
const all = [store, ...devices.values()];

let made = 0;

/** An image that no engine has met, at one workstation under a name. */
async function newImage(workstation: Workstation, bytes: number): Promise<{ name: string; image: Image }> {
  made += 1;
  const name = `send/app:${made}`;
  const image = await large(bytes, 'none', `send-${made}-${process.pid}`);
  await workstation.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
  return { name, image };
}

/** A `send --json` under way. */
class Sending {
  readonly child: ChildProcess;
  readonly events: SendEvent[] = [];
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
  #error: { code: string; message: string } | undefined;
  readonly #waiting: { readonly holds: (event: SendEvent) => boolean; readonly resolve: () => void }[] = [];

  constructor(device: Device, words: readonly string[]) {
    this.child = device.spawn(['send', ...words, '--json']);
    const exited = once(this.child, 'close') as Promise<[number | null]>;
    this.ended = Promise.all([exited, this.#read()]).then(([[code]]) => code);
  }

  get error(): { code: string; message: string } | undefined {
    return this.#error;
  }

  get done(): Extract<SendEvent, { type: 'done' }> | undefined {
    return this.events.find((event) => event.type === 'done');
  }

  /** Resolves at an event that holds, rejects if it ends before. */
  async at(holds: (event: SendEvent) => boolean): Promise<void> {
    if (this.events.some(holds)) return;
    const seen = new Promise<void>((resolve) => this.#waiting.push({ holds, resolve }));
    const over = this.ended.then((code) => {
      throw new Error(`it ended with ${code}: ${JSON.stringify([...this.events, this.#error])}`);
    });
    over.catch(() => undefined);
    await Promise.race([seen, over]);
  }

  async #read(): Promise<void> {
    for await (const line of createInterface({ input: this.child.stdout as Readable })) {
      const event = JSON.parse(line) as SendEvent | { type: 'error'; code: string; message: string };
      if (event.type === 'error') this.#error = event;
      else this.events.push(event);
      if (event.type !== 'error') for (const { holds, resolve } of this.#waiting) if (holds(event)) resolve();
    }
  }
}

const inTheMiddle = (event: SendEvent): boolean => event.type === 'progress' && event.received > 1_000_000;
const arrivalsAt = async (device: Device) => (await device.json<ArrivalsReport>(['accept'])).arrivals;

/** What of an image is at a workstation: none of it, not even a temporary name of ours. */
async function expectNothing(workstation: Workstation, before: readonly string[]): Promise<void> {
  await until(
    () => arrivalsAt(on(workstation)),
    (arrivals) => arrivals.length === 0,
    { withinMs: 20_000 },
  );
  expect(await stockOf(workstation)).toEqual(before);
  expect(await danglingOn(workstation)).toEqual([]);
}

beforeAll(async () => {
  await bringUpLab();
  for (const workstation of engines) await clear(workstation);
  for (const device of all) await device.reset();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await on(bob).configure({ accept: 'ask' });
  for (const device of all) await device.start();
  const invite = await store.invite();
  for (const device of devices.values()) await device.join(invite);
});

beforeEach(async () => {
  await Promise.all(engines.map((workstation) => workstation.link('up')));
  for (const device of all) await device.untilPeers(all.length - 1);
});

afterEach(() => ada.shape(undefined));

afterAll(async () => {
  await Promise.all(engines.map((workstation) => workstation.link('up')));
  for (const device of all) await device.stop();
  await rm(folder, { recursive: true, force: true });
  await Promise.all(engines.map((workstation) => clear(workstation)));
});

describe('a send on the LAN', { timeout: 240_000 }, () => {
  it.each([
    { from: ada, to: cleo },
    { from: cleo, to: ada },
    { from: ada, to: eve },
    { from: eve, to: cleo },
  ])('goes from $from.engine to $to.engine', async ({ from, to }) => {
    const { name, image } = await newImage(from, 5_000_000);
    const sending = new Sending(on(from), [name, to.name]);
    expect({ code: await sending.ended, error: sending.error }).toEqual({ code: 0, error: undefined });
    expect(sending.done).toMatchObject({ configDigest: image.config.digest, already: false });
    const { body } = await to.api('GET', `/images/${name}/json`);
    expect(JSON.parse(body.toString()).RootFS.Layers).toEqual(image.diffIds);
    expect(await danglingOn(to)).toEqual([]);
    const again = new Sending(on(from), [name, to.name]);
    expect(await again.ended).toBe(0);
    expect(again.done).toMatchObject({ received: expect.any(Number), already: expect.any(Boolean) });
    expect(again.done?.received).toBeLessThan(100_000);
  });

  it('goes without an agent at the sender', async () => {
    const { name, image } = await newImage(cleo, 5_000_000);
    await on(cleo).stop();
    try {
      const sending = new Sending(on(cleo), [name, 'ada']);
      expect({ code: await sending.ended, error: sending.error }).toEqual({ code: 0, error: undefined });
      expect((await stockOf(ada)).join()).toContain(name);
      expect(sending.done?.configDigest).toBe(image.config.digest);
    } finally {
      await on(cleo).start();
    }
  });

  it('waits for an owner who is asked, and is accepted', async () => {
    const { name } = await newImage(ada, 1_000_000);
    const sending = new Sending(on(ada), [name, 'bob']);
    await sending.at(({ type }) => type === 'asking');
    const [arrival] = await arrivalsAt(on(bob));
    expect(arrival).toMatchObject({ state: 'waiting', image: name, peer: { name: 'ada' } });
    const { stdout } = await on(bob).run(['status']);
    expect(stdout).toContain(`${name} from ada`);
    expect((await on(bob).run(['accept', String(arrival?.number)])).code).toBe(0);
    expect(await sending.ended).toBe(0);
    expect((await stockOf(bob)).join()).toContain(name);
  });

  it('is refused by an owner who is asked, and ends with 7', async () => {
    const { name } = await newImage(ada, 1_000_000);
    const before = await stockOf(bob);
    const sending = new Sending(on(ada), [name, 'bob']);
    await sending.at(({ type }) => type === 'asking');
    expect((await on(bob).run(['refuse', 'ada'])).code).toBe(0);
    expect(await sending.ended).toBe(7);
    expect(sending.error?.message).toBe('its owner does not want it');
    await expectNothing(bob, before);
  });
});

describe('an interrupted send leaves nothing at the peer', { timeout: 240_000 }, () => {
  it.each([{ to: cleo }, { to: eve }])('after Ctrl-C in the middle, at $to.engine', async ({ to }) => {
    const { name } = await newImage(ada, 60_000_000);
    const before = await stockOf(to);
    await ada.shape(100);
    const sending = new Sending(on(ada), [name, to.name]);
    await sending.at(inTheMiddle);
    sending.child.kill('SIGINT');
    expect(await sending.ended).toBe(130);
    await expectNothing(to, before);
  });

  it.each([
    { end: 'the sender', victim: ada },
    { end: 'the peer', victim: cleo },
  ])(
    'with the cable of $end out in the middle; and when it is in again, all see each other',
    async ({ victim }) => {
      const { name, image } = await newImage(ada, 60_000_000);
      const before = await stockOf(cleo);
      await ada.shape(100);
      const sending = new Sending(on(ada), [name, 'cleo']);
      await sending.at(inTheMiddle);
      await victim.link('down');
      expect(await sending.ended).toBe(4);
      expect(sending.error?.code).toBe('PEER_LOST');
      await expectNothing(cleo, before);
      await victim.link('up');
      await ada.shape(undefined);
      const since = performance.now();
      for (const device of all) await device.untilPeers(all.length - 1);
      console.log(`lab: the cable of ${victim.name} is in: ${Math.round(performance.now() - since)} ms`);
      const again = new Sending(on(ada), [name, 'cleo']);
      expect({ code: await again.ended, error: again.error }).toEqual({ code: 0, error: undefined });
      expect(again.done?.configDigest).toBe(image.config.digest);
    },
  );
});

describe('a send into a store', { timeout: 240_000 }, () => {
  it('makes an archive there, from which others get the image', async () => {
    const { name, image } = await newImage(cleo, 5_000_000);
    const sending = new Sending(on(cleo), [name, 'nas', '--store']);
    expect({ code: await sending.ended, error: sending.error }).toEqual({ code: 0, error: undefined });
    const { file } = sending.done ?? {};
    expect(file).toMatch(/^send-app-\d+\.tar\.(zst|gz)$/);
    expect(await readdir(folder)).toEqual([file]);
    const { code, done } = await untilGot(name);
    expect({ code, configDigest: done?.configDigest }).toEqual({
      code: 0,
      configDigest: image.config.digest,
    });
  });

  it('that is interrupted leaves nothing there', async () => {
    const { name } = await newImage(ada, 60_000_000);
    const before = await readdir(folder);
    await ada.shape(100);
    const sending = new Sending(on(ada), [name, 'nas', '--store']);
    await sending.at(inTheMiddle);
    sending.child.kill('SIGINT');
    expect(await sending.ended).toBe(130);
    expect(await readdir(folder)).toEqual(before);
  });
});

/** The store reads a new file once it has rested. */
async function untilGot(name: string) {
  let got = await on(ada).get(name, '--from', 'nas');
  await until(
    async () => {
      if (got.code !== 0) got = await on(ada).get(name, '--from', 'nas');
      return got.code;
    },
    (code) => code === 0,
  );
  return got;
}
