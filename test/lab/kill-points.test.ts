import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GetEvent } from '../../src/control/api.js';
import type { Image } from '../fixtures/image.js';
import { Device } from './device.js';
import { type KillCase, killCases, showCase, type Victim } from './kill/cases.js';
import { giveTo, newImage, wholeImage } from './kill/images.js';
import { expectSound, type Kept, keptBy } from './kill/invariants.js';
import { clear } from './stock.js';
import { bringUpLab, killEngine, startEngine, type Workstation, workstations } from './workstation.js';

// SIGKILL at seeded moments of a `get`, over the matrix of stores. LAB_KILL_POINTS says how many, LAB_KILL_SEED which;
// LAB_KILL_ONLY=<index> repeats one of them.

const seed = Number(process.env.LAB_KILL_SEED ?? 1);
const count = Number(process.env.LAB_KILL_POINTS ?? 24);
const only = process.env.LAB_KILL_ONLY;
const imageBytes = 9_000_000;
const rateMbit = 60;
const { ada, bob, cleo, dan, eve, nas } = workstations;
const all = [ada, bob, cleo, dan, eve, nas];
const cases = killCases(seed, only === undefined ? count : Number(only) + 1).filter(
  ({ index }) => only === undefined || index === Number(only),
);

let devices: Device[] = [];
const kept = new Map<Device, Kept>();
const tally = new Map<string, number>();

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  devices = await Device.teamWith({ patienceSeconds: 6 }, ...all);
  for (const workstation of all) await workstation.shape(rateMbit);
  for (const device of devices) kept.set(device, await keptBy(device));
});

afterAll(async () => {
  for (const workstation of all) await workstation.shape(undefined);
  for (const device of devices) await device.stop();
  await Promise.all(all.map((workstation) => clear(workstation)));
  console.log(`lab: killed, and how each get ended: ${JSON.stringify(Object.fromEntries(tally))}`);
});

describe(`after a SIGKILL (LAB_KILL_SEED=${seed})`, { timeout: 180_000 }, () => {
  it.each(cases.map((one) => ({ one, shown: showCase(one) })))('all is sound: $shown', async ({ one }) => {
    const { source, receiver, victim } = one;
    const [giving, getting] = [on(source), on(receiver)];
    const name = `kill/seed-${seed}:${one.index}`;
    const image = await newImage(`${seed}-${one.index}-${process.pid}`, imageBytes);
    await giveTo(giving, image, name);

    const ended = await getAndKill(one, name, image);
    tally.set(`${victim}: ${ended}`, (tally.get(`${victim}: ${ended}`) ?? 0) + 1);
    await restart(one);

    const mayBeNameless = victim.startsWith('receiver') ? [image.config.digest, image.manifest.digest] : [];
    await expectSound(giving, name, kept.get(giving) as Kept);
    await expectSound(getting, name, kept.get(getting) as Kept, mayBeNameless);
    await getting.untilPeers(all.length - 1);
    const again = await getting.get(name);
    expect({ error: again.error, digest: again.done?.configDigest }).toEqual({
      error: undefined,
      digest: image.config.digest,
    });
    expect(await wholeImage(getting, name)).toBe(image.config.digest);
    await expectSound(getting, name, kept.get(getting) as Kept);
    for (const workstation of [source, receiver]) await remove(workstation, name);
  });
});

/** Runs the `get` to its end, and kills at the moment, or at the end where that comes first; resolves to how it ended. */
async function getAndKill(one: KillCase, name: string, image: Image): Promise<string> {
  const child = on(one.receiver).spawn(['get', name, '--from', one.source.name, '--json']);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let killed: Promise<void> | undefined;
  let last: GetEvent | undefined;
  for await (const line of createInterface(child.stdout as Readable)) {
    last = JSON.parse(line) as GetEvent;
    if (isMoment(one, last)) killed ??= kill(one, child);
  }
  const [code] = await ended;
  await (killed ?? kill(one, child));
  if (code === 0) expect(last).toMatchObject({ type: 'done', configDigest: image.config.digest });
  return killed === undefined ? 'before the kill' : `exit ${code}`;
}

function isMoment({ moment }: KillCase, event: GetEvent): boolean {
  if (moment.type === 'event') return event.type === moment.event;
  return event.type === 'progress' && event.received >= moment.share * event.total;
}

async function kill({ victim, moment, source, receiver }: KillCase, command: ChildProcess): Promise<void> {
  if (moment.type === 'event') await delay(moment.afterMs); // when it is to happen, not a wait for something
  const killing: Readonly<Record<Victim, () => Promise<unknown>>> = {
    'source agent': () => on(source).kill(),
    'receiver agent': () => on(receiver).kill(),
    'source engine': () => killEngine(source),
    'receiver engine': () => killEngine(receiver),
    command: async () => command.kill('SIGKILL'),
  };
  await killing[victim]();
}

async function restart({ victim, source, receiver }: KillCase): Promise<void> {
  if (victim === 'source engine') await startEngine(source);
  if (victim === 'receiver engine') await startEngine(receiver);
  for (const workstation of [source, receiver]) await on(workstation).ensureRunning();
}

async function remove(workstation: Workstation, name: string): Promise<void> {
  if (workstation.engine !== 'none') await workstation.api('DELETE', `/images/${name}?force=1`);
}

function on(workstation: Workstation): Device {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
}
