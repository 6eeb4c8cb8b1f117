import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GetEvent, StatusReport } from '../../src/control/api.js';
import { openLayout } from '../../src/engine/store/layout.js';
import { leftIn } from '../soak/images.js';
import { Device, type GetResult, readGet } from './device.js';
import { giveTo, newImage, storeOf, wholeImage } from './kill/images.js';
import { sh } from './process.js';
import { clear, stockOf } from './stock.js';
import { bringUpLab, startEngine, stopEngine, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan, nas } = workstations;
const all = [ada, bob, cleo, dan, nas];
const mounts: string[] = [];
let devices: Device[] = [];
let serial = 0;

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  devices = await Device.teamWith({ patienceSeconds: 90 }, ...all);
});

afterEach(async () => {
  for (const workstation of all) await workstation.shape(undefined);
});

afterAll(async () => {
  for (const device of devices) await device.stop();
  for (const folder of mounts.splice(0)) await sh('umount', folder);
  await Promise.all(all.map((workstation) => clear(workstation)));
});

function on(workstation: Workstation): Device {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
}

/** A new image of so many bytes at a workstation. */
async function given(source: Workstation, bytes: number): Promise<{ name: string; digest: string }> {
  const name = `fault/app:${++serial}`;
  const image = await newImage(`fault-${serial}-${process.pid}`, bytes);
  await giveTo(on(source), image, name);
  return { name, digest: image.config.digest };
}

/** A small disk in place of a folder. */
async function smallDisk(folder: string, size: string): Promise<void> {
  await sh('mount', '-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder);
  mounts.push(folder);
}

async function enlarge(folder: string, size: string): Promise<void> {
  await sh('mount', '-o', `remount,size=${size}`, folder);
}

/** A `get` that takes longer than this hangs. */
const hangsAfterMs = 200_000;

/** Gets an image, and does something once when a third of it is here. */
async function getWith(
  receiver: Workstation,
  name: string,
  interfere: () => Promise<unknown>,
): Promise<GetResult> {
  const child = on(receiver).spawn(['get', name, '--json']);
  const hangs = setTimeout(() => child.kill('SIGKILL'), hangsAfterMs);
  let stdout = '';
  let done: Promise<unknown> | undefined;
  for await (const line of createInterface(child.stdout as Readable)) {
    stdout += `${line}\n`;
    const event = JSON.parse(line) as GetEvent;
    if (event.type === 'progress' && event.received >= event.total / 3) done ??= interfere();
  }
  await done;
  clearTimeout(hangs);
  if (child.signalCode === 'SIGKILL') {
    const logs = devices.map(({ workstation, log }) => `${workstation.name}:\n${log.slice(-3_000)}`);
    throw new Error(`the get hung: ${stdout.slice(-2_000)}\n${logs.join('\n')}`);
  }
  expect(done, `the transfer was over before anything happened: ${stdout.slice(-500)}`).toBeDefined();
  return readGet({ code: 0, signal: null, stdout, stderr: '' });
}

describe('a full disk', { timeout: 180_000 }, () => {
  it('of the embedded store fails the get by that name, leaves nothing, and the next get with room works', async () => {
    const device = on(nas);
    await device.stop();
    const folder = path.join(device.home, 'state');
    await smallDisk(folder, '64m');
    await device.start();
    const { name, digest } = await given(ada, 30_000_000);
    await device.untilPeers(all.length - 1);

    await ada.shape(60);
    const filler = path.join(folder, 'filler');
    const failed = await getWith(nas, name, () =>
      writeFile(filler, Buffer.alloc(64 * 1024 * 1024)).catch(({ code }) => expect(code).toBe('ENOSPC')),
    );
    expect(failed.error?.code).toBe('NO_SPACE');
    const layout = await openLayout(storeOf(device));
    expect(await leftIn(layout)).toEqual([]);
    expect(await wholeImage(device, name)).toBeUndefined();
    // What has no room from the start is told before its first byte.
    expect((await device.get(name)).error?.code).toBe('IMAGE_TOO_LARGE');

    await rm(filler);
    await enlarge(folder, '200m');
    await ada.shape(undefined);
    expect((await device.get(name)).done?.configDigest).toBe(digest);
    expect(await wholeImage(device, name)).toBe(digest);
  });

  it('of Docker fails the get by that name, leaves nothing, and the next get with room works', async () => {
    const device = on(dan);
    const folder = path.join(dan.directory, 'data');
    await stopEngine(dan);
    await smallDisk(folder, '48m');
    await startEngine(dan);
    const { name, digest } = await given(ada, 60_000_000);

    await expect
      .poll(async () => (await device.json<StatusReport>(['status'])).engine.state, { timeout: 15_000 })
      .toBe('up');
    const failed = await device.get(name);
    expect(failed.error?.code).toBe('NO_SPACE');
    await expect.poll(() => stockOf(dan), { timeout: 15_000 }).toEqual([]);

    await enlarge(folder, '600m');
    const again = await device.get(name);
    expect({ error: again.error, digest: again.done?.configDigest }).toEqual({ error: undefined, digest });
    expect(await wholeImage(device, name)).toBe(digest);
    await stopEngine(dan);
    await sh('umount', mounts.pop() ?? '');
    await startEngine(dan);
  });

  it('of the configuration leaves the team as it was, and the agent goes on', async () => {
    const device = on(cleo);
    await device.stop();
    const folder = path.join(device.home, 'config');
    const files = ['config.json', 'identity.json', 'team.json'];
    const kept = await Promise.all(files.map((name) => readFile(path.join(folder, name))));
    await smallDisk(folder, '64k');
    for (const [index, name] of files.entries())
      await writeFile(path.join(folder, name), kept[index] as Buffer, { mode: 0o600 });
    const team = JSON.parse(String(kept[2])) as { secret: string };
    // So that there is somebody to be written down.
    await writeFile(path.join(folder, 'team.json'), JSON.stringify({ ...team, members: [] }), {
      mode: 0o600,
    });
    const full = writeFile(path.join(folder, 'filler'), Buffer.alloc(128 * 1024));
    await expect(full).rejects.toMatchObject({ code: 'ENOSPC' });

    await device.start();
    await device.untilPeers(all.length - 1);
    const { name, digest } = await given(ada, 3_000_000);
    expect((await device.get(name)).done?.configDigest).toBe(digest);
    await device.stop();
    await rm(path.join(folder, 'filler'));
    await device.start();
    await device.untilPeers(all.length - 1);
    expect(JSON.parse(await readFile(path.join(folder, 'team.json'), 'utf8'))).toMatchObject({
      secret: team.secret,
    });
  });
});

describe('in the middle of a transfer', { timeout: 240_000 }, () => {
  it.each([
    { who: 'receiver', source: ada, receiver: bob, sleeper: bob },
    { who: 'source', source: ada, receiver: bob, sleeper: ada },
    { who: 'receiver', source: cleo, receiver: dan, sleeper: dan },
    { who: 'source', source: cleo, receiver: nas, sleeper: cleo },
  ])('the $who may sleep for 40 s ($source.name to $receiver.name)', async (one) => {
    const { name, digest } = await given(one.source, 40_000_000);
    await one.source.shape(60);
    const { pid } = on(one.sleeper);
    const result = await getWith(one.receiver, name, async () => {
      process.kill(pid, 'SIGSTOP');
      await delay(40_000); // the length of the sleep
      process.kill(pid, 'SIGCONT');
    });
    expect({ error: result.error, digest: result.done?.configDigest }).toEqual({ error: undefined, digest });
    expect(await wholeImage(on(one.receiver), name)).toBe(digest);
  });

  it.each([
    { who: 'receiver', mover: bob },
    { who: 'source', mover: ada },
  ])('the $who may get another address', async ({ mover }) => {
    const { name, digest } = await given(ada, 40_000_000);
    await ada.shape(60);
    const other = mover.address.replace(/\d+$/, '177');
    const result = await getWith(bob, name, () => mover.readdress(mover.address, other));
    expect({ error: result.error, digest: result.done?.configDigest }).toEqual({ error: undefined, digest });
    expect(await wholeImage(on(bob), name)).toBe(digest);
    // The connections to its old address are dead, and nobody has been told.
    const next = await given(ada, 3_000_000);
    await mover.readdress(other, mover.address);
    expect((await on(bob).get(next.name)).done?.configDigest).toBe(next.digest);
  });
});

describe('an engine that is upgraded underneath its agent', { timeout: 240_000 }, () => {
  afterAll(async () => {
    await stopEngine(dan);
    await rm(path.join(dan.directory, 'data'), { recursive: true, force: true }); // no way back to the old version
    await startEngine(dan);
  });

  it('is told as what it is now, and images go in and out by its own ways', async () => {
    const device = on(dan);
    const described = async () => {
      const { engine } = await device.json<StatusReport>(['status']);
      return engine.state === 'up' ? engine.description : engine.state;
    };
    expect(await described()).toMatch(/20\.10/);
    const before = await given(ada, 6_000_000);
    expect((await device.get(before.name)).done?.configDigest).toBe(before.digest);

    await stopEngine(dan);
    await startEngine(dan, 'docker-classic');
    await expect.poll(described, { timeout: 20_000 }).toMatch(/28\./);
    const { name, digest } = await given(ada, 6_000_000);
    expect((await device.get(name)).done?.configDigest).toBe(digest);
    const got = await on(nas).get(before.name, '--from', 'dan');
    expect(got.done?.configDigest).toBe(before.digest);
  });
});
