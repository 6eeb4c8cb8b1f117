import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GetEvent } from '../../src/control/api.js';
import { loadIdentity } from '../../src/trust/identity.js';
import { TeamStore } from '../../src/trust/team-store.js';
import { Device } from './device.js';
import { giveTo, newImage, wholeImage } from './kill/images.js';
import { clear } from './stock.js';
import { bringUpLab, workstations } from './workstation.js';

// Many receivers of one image from one source at once: four with engines and agents, the others commands with stores
// of their own. The source's link is slow until the last of them has asked, and is opened then.

const count = Number(process.env.LAB_CROWD ?? 40);
const uploads = 4;
const imageBytes = 24_000_000;
const mostMemory = 300e6;
/** Arrivals nearer to each other than this may have reached the source in another order. */
const apartMs = 1_000;
const name = 'crowd/app:1';
const { ada, bob, cleo, dan, eve, nas } = workstations;
const real = [bob, cleo, dan, eve];
const all = [ada, ...real];

/** How a get went: when its request was with the source, when the first bytes came, and what it came to. */
interface Course {
  readonly device: Device;
  askedAt: number;
  firstBytesAt: number;
  done: Extract<GetEvent, { type: 'done' }> | undefined;
  last: unknown;
}

let agents: Device[] = [];
let commands: Device[] = [];

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  agents = await Device.teamWith({ uploads }, ...all);
  const invite = (await agents[0]?.invite()) ?? '';
  commands = Array.from({ length: count - real.length }, (_, index) => new Device(nas, [], `crowd-${index}`));
  for (const { home } of commands) {
    const folder = path.join(home, 'config');
    await rm(home, { recursive: true, force: true });
    await loadIdentity(folder);
    await (await TeamStore.open(folder)).join(invite);
  }
});

afterAll(async () => {
  await ada.shape(undefined);
  for (const device of agents) await device.stop();
  for (const { home } of commands) await rm(home, { recursive: true, force: true });
  await Promise.all(all.map((workstation) => clear(workstation)));
});

describe(`${count} receivers at once`, { timeout: 600_000 }, () => {
  it('all get the image, in the order in which they came, and the source stays small', async () => {
    const [source, ...receivers] = agents as [Device, ...Device[]];
    const image = await newImage(`crowd-${process.pid}`, imageBytes);
    await giveTo(source, image, name);
    await ada.shape(20);

    const courses: Course[] = [];
    const ended: Promise<void>[] = [];
    let asked = 0;
    for (const device of [...commands, ...receivers]) {
      const course: Course = { device, askedAt: 0, firstBytesAt: 0, done: undefined, last: undefined };
      courses.push(course);
      const followed = follow(course, async () => {
        asked += 1;
        if (asked === count) await ada.shape(400);
      });
      ended.push(followed.ended);
      await followed.looking; // one start at a time is all that two cores have
    }
    await Promise.all(ended);

    expect(courses.map(({ done, last }) => done?.configDigest ?? last)).toEqual(
      courses.map(() => image.config.digest),
    );
    for (const { device } of courses) expect(await wholeImage(device, name)).toBe(image.config.digest);
    const lastAsked = Math.max(...courses.map(({ askedAt }) => askedAt));
    const waiting = courses.filter(({ firstBytesAt }) => firstBytesAt > lastAsked).length;
    const overtaken = courses.map((one) => courses.filter((other) => overtook(one, other)).length);
    const peak = await peakBytes(source.pid);
    console.log(
      `lab: ${count} receivers of ${imageBytes / 1e6} MB: ${waiting} waited when the last one asked; at most ` +
        `${Math.max(...overtaken)} overtook another; the source's agent came to ${Math.round(peak / 1e6)} MB`,
    );
    expect(waiting).toBeGreaterThan(count / 2);
    expect(Math.max(...overtaken)).toBeLessThan(uploads);
    expect(peak).toBeLessThan(mostMemory);
  });
});

/** Whether another one came clearly later, and had bytes before. */
function overtook(one: Course, other: Course): boolean {
  return other.askedAt > one.askedAt + apartMs && other.firstBytesAt < one.firstBytesAt;
}

/** Starts a get; `looking` resolves when it runs, `ended` when it is over. */
function follow(
  course: Course,
  onAsked: () => Promise<void>,
): { looking: Promise<unknown>; ended: Promise<void> } {
  const child = course.device.spawn(['get', name, '--json']);
  const lines = createInterface(child.stdout as Readable);
  const read = async () => {
    const exited = once(child, 'exit');
    for await (const line of lines) {
      const event = JSON.parse(line) as GetEvent;
      course.last = event;
      if (event.type === 'plan') {
        course.askedAt = performance.now();
        await onAsked();
      }
      if (event.type === 'progress' && event.received > 0 && course.firstBytesAt === 0)
        course.firstBytesAt = performance.now();
      if (event.type === 'done') course.done = event;
    }
    await exited;
  };
  return { looking: once(lines, 'line'), ended: read() };
}

/** The most memory that a process ever had. */
async function peakBytes(pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
