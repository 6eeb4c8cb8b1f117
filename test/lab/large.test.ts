import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device, readGet } from './device.js';
import { bytesToDisk, filesIn, Meter } from './meter.js';
import { clear } from './stock.js';
import { bringUpLab, workstations } from './workstation.js';

const { ada, bob, cleo } = workstations;
const name = 'large/app:1';
const layerBytes = 500_000_000;
const allowedResident = 200_000_000;
const allowedOnDisk = 1_000_000;
const mega = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

let devices: Device[] = [];
let image: Image;
const on = (workstation: { readonly name: string }): Device => {
  const device = devices.find((one) => one.workstation.name === workstation.name);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

beforeAll(async () => {
  await bringUpLab();
  const all = [ada, bob, cleo];
  await Promise.all(all.map((workstation) => clear(workstation)));
  image = await buildImage({
    layers: [0, 1, 2, 3].map((index) => ({
      entries: [file(`data-${index}`, { random: layerBytes })],
      compression: 'none',
    })),
    seed: 'large',
  });
  await ada.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
  devices = await Device.team(...all);
}, 240_000);

afterAll(async () => {
  for (const device of devices) await device.stop();
  await Promise.all([ada, bob, cleo].map((workstation) => clear(workstation)));
}, 120_000);

/** Gets the image in a process of its own, and measures all three that take part. */
async function measuredGet(source: Device, receiver: Device) {
  const agents = [source, receiver];
  const folders = await Promise.all(agents.map(({ home }) => filesIn(home)));
  const before = await Promise.all(agents.map(({ pid }) => bytesToDisk(pid)));
  const command = receiver.spawn(['get', name, '--from', source.workstation.name, '--json']);
  const pid = command.pid ?? 0;
  const meter = new Meter([source.pid, receiver.pid, pid]);
  const [stdout, stderr, [code]] = await Promise.all([
    command.stdout === null ? '' : text(command.stdout),
    command.stderr === null ? '' : text(command.stderr),
    once(command, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  await meter.stop();
  const after = await Promise.all(agents.map(({ pid }) => bytesToDisk(pid)));
  return {
    got: readGet({ code, signal: null, stdout, stderr }),
    source: meter.of(source.pid),
    receiver: meter.of(receiver.pid),
    command: meter.of(pid),
    filesWritten: meter.filesWritten,
    onDisk: after.map((bytes, index) => bytes - (before[index] ?? 0)),
    folders: { before: folders, after: await Promise.all(agents.map(({ home }) => filesIn(home))) },
  };
}

describe.each([
  { source: ada, receiver: cleo },
  { source: cleo, receiver: bob },
])('2 GB from $source.name ($source.engine) to $receiver.name ($receiver.engine)', (way) => {
  it('pass with less than 200 MB resident on either side, and no file of ours', async () => {
    const measured = await measuredGet(on(way.source), on(way.receiver));
    const { got, source, receiver, command, onDisk } = measured;
    expect(got.error).toBeUndefined();
    expect(got.done).toMatchObject({
      configDigest: image.config.digest,
      already: false,
      peer: { name: way.source.name },
    });
    expect(got.done?.received).toBeGreaterThan(4 * layerBytes);
    console.log(
      `lab: ${mega(got.done?.received ?? 0)} from ${way.source.engine} to ${way.receiver.engine} in ` +
        `${((got.done?.durationMs ?? 0) / 1000).toFixed(1)} s, ${mega(got.done?.wire ?? 0)} on the wire; resident at ` +
        `most: source ${mega(source.peak)} (sampled ${mega(source.sampled)}), receiver ${mega(receiver.peak)} ` +
        `(sampled ${mega(receiver.sampled)}), command ${mega(command.peak)}; to disk ${onDisk.join(' and ')} bytes`,
    );
    for (const { sampled, peak } of [source, receiver, command]) {
      expect(sampled).toBeGreaterThan(0);
      expect(peak).toBeLessThan(allowedResident);
    }
    for (const bytes of onDisk) expect(bytes).toBeLessThan(allowedOnDisk);
    expect(measured.filesWritten).toEqual([]);
    expect(measured.folders.after).toEqual(measured.folders.before);
  });
});
