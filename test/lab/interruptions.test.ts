import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GetEvent, StatusReport } from '../../src/control/api.js';
import { archive } from '../fixtures/archive.js';
import { large } from '../fixtures/hard-images.js';
import { Device } from './device.js';
import { clear, danglingOn, stockOf } from './stock.js';
import { until } from './until.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
const all = [ada, bob, cleo, dan];

let devices: Device[] = [];
const on = (workstation: Workstation): Device => {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  devices = await Device.team(...all);
  await on(bob).stop(); // bob is in the team, and has no agent
});

afterAll(async () => {
  for (const workstation of all) await workstation.shape(undefined);
  for (const device of devices) await device.stop();
  await Promise.all(all.map((workstation) => clear(workstation)));
});

/** Resolves when a `get --json` says that it has received something. */
async function receiving({ stdout }: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: stdout as Readable })) {
    const event = JSON.parse(line) as GetEvent;
    if (event.type === 'progress' && event.received > 0) return;
  }
  throw new Error('the get ended before anything came');
}

/** What an engine writes beside its store during a save or a load. */
async function temporaryIn({ directory }: Workstation): Promise<string[]> {
  return (await readdir(`${directory}/data/tmp`)).filter((name) => /^docker-(export|import)-/.test(name));
}

/** The blobs that containerd has begun: it keeps what came of one, for a day, unless the rest comes before. */
async function ingestsIn({ directory, engine }: Workstation): Promise<string[]> {
  const ingest = `${directory}/data/containerd/daemon/io.containerd.content.v1.content/ingest`;
  // Made with the first blob that comes.
  return engine === 'docker-containerd' && existsSync(ingest) ? readdir(ingest) : [];
}

describe.each([
  { source: ada, receiver: cleo, how: 'its agent' },
  { source: cleo, receiver: ada, how: 'its agent' },
  { source: dan, receiver: bob, how: 'no agent' },
])(
  'Ctrl-C during a get from $source.name ($source.engine) to $receiver.name ($receiver.engine) with $how',
  ({ source, receiver }) => {
    it('ends with 130, and leaves no image, name or file of a save or load; the next get takes up the rest', async () => {
      const name = `stop/${source.name}:1`;
      const image = await large(200_000_000, 'none', `stop-${source.name}`);
      await source.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
      const uploads = async () => (await on(source).json<StatusReport>(['status'])).uploads.active;
      const before = await Promise.all([source, receiver].map((one) => stockOf(one)));
      const ingestsBefore = await ingestsIn(receiver);
      await source.shape(50);

      const command = on(receiver).spawn(['get', name, '--from', source.name, '--json']);
      const ended = once(command, 'exit');
      await receiving(command);
      expect(await uploads()).toBe(1);
      const since = performance.now();
      command.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      const endedMs = performance.now() - since;
      expect(await stockOf(receiver)).toEqual(before[1]);
      const stoppedMs = await until(uploads, (active) => active === 0, { since, withinMs: 5_000 });
      console.log(
        `lab: Ctrl-C from ${source.engine} to ${receiver.engine}: ended after ${Math.round(endedMs)} ms, ` +
          `the source gave up after ${Math.round(stoppedMs)} ms`,
      );
      // The source is another machine: its engine has a temporary name of ours until it gave up.
      expect(await stockOf(source)).toEqual(before[0]);
      for (const workstation of [source, receiver]) {
        expect(await danglingOn(workstation)).toEqual([]);
        await until(
          () => temporaryIn(workstation),
          (left) => left.length === 0,
          { withinMs: 10_000 },
        );
      }

      await source.shape(undefined);
      const { code, done } = await on(receiver).get(name);
      expect({ code, configDigest: done?.configDigest }).toEqual({
        code: 0,
        configDigest: image.config.digest,
      });
      expect((await ingestsIn(receiver)).filter((ingest) => !ingestsBefore.includes(ingest))).toEqual([]);
    });
  },
);
