import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { GetEvent } from '../../src/control/api.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device, type GetResult, readGet } from './device.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
const all = [ada, bob, cleo, dan];
const layerCount = 8;
/** 200 MB; `LAB_IMAGE_MB=1000` for the gigabyte. */
const layerBytes = (Number(process.env.LAB_IMAGE_MB ?? 200) * 1_000_000) / layerCount;

/** One large image that is at some of four workstations, and what can happen while it travels. */
export class Journey {
  readonly name = 'going/on:1';
  readonly image: Image;
  /** The lower half of the image's layers, as an image of its own. */
  readonly base: Image;
  readonly devices: readonly Device[];

  private constructor(image: Image, base: Image, devices: readonly Device[]) {
    this.image = image;
    this.base = base;
    this.devices = devices;
  }

  /** Brings up the lab and its agents, which give up after so many seconds; another seed is another image. */
  static async prepare(seed: string, patienceSeconds: number): Promise<Journey> {
    await bringUpLab();
    const layers = Array.from({ length: layerCount }, (_, index) => ({
      entries: [file(`part-${index}`, { random: layerBytes })],
      compression: 'none' as const,
    }));
    const image = await buildImage({ seed, layers });
    const base = await buildImage({ seed, layers: layers.slice(0, layerCount / 2) });
    await Promise.all(all.map((workstation) => workstation.removeImages()));
    return new Journey(image, base, await Device.teamWith({ patienceSeconds }, ...all));
  }

  on(workstation: Workstation): Device {
    return this.devices.find((device) => device.workstation === workstation) as Device;
  }

  /** Begins anew: only these workstations have the image. */
  async onlyAt(...sources: readonly Workstation[]): Promise<void> {
    await Promise.all(
      all.filter((one) => !sources.includes(one)).map((workstation) => workstation.removeImages()),
    );
    for (const source of sources)
      await source.load(archive([{ content: this.image, names: [`docker.io/${this.name}`] }]));
  }

  /** Gives a workstation the lower half of the layers beforehand. */
  async giveBase(workstation: Workstation): Promise<void> {
    await workstation.load(archive([{ content: this.base, names: ['docker.io/going/base:1'] }]));
  }

  /** Gets the image, and does something once when a share of it has arrived. */
  async getWith(
    receiver: Workstation,
    share: number,
    interfere: () => Promise<unknown>,
    ...options: string[]
  ): Promise<GetResult> {
    const child = this.on(receiver).spawn(['get', this.name, '--json', ...options]);
    let stdout = '';
    let done: Promise<unknown> | undefined;
    for await (const line of createInterface(child.stdout as Readable)) {
      stdout += `${line}\n`;
      const event = JSON.parse(line) as GetEvent;
      if (done === undefined && event.type === 'progress' && event.received >= share * event.total)
        done = interfere();
    }
    const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode];
    await done;
    expect(done, 'the transfer was over before anything happened').toBeDefined();
    return readGet({ code, signal: null, stdout, stderr: '' });
  }

  async expectComplete(receiver: Workstation, { error, done }: GetResult): Promise<void> {
    expect(error).toBeUndefined();
    expect(done?.configDigest).toBe(this.image.config.digest);
    const { body } = await receiver.api('GET', `/images/${this.name}/json`);
    expect(JSON.parse(body.toString()).RootFS.Layers).toEqual(this.image.diffIds);
  }

  /** Plugs in all cables, and starts the agents that were ended. */
  async mend(): Promise<void> {
    await Promise.all(all.map((workstation) => workstation.link('up')));
    await Promise.all(this.devices.map((device) => device.ensureRunning()));
    for (const device of this.devices) await device.untilPeers(all.length - 1);
  }

  async end(): Promise<void> {
    for (const device of this.devices) await device.stop();
    await Promise.all(all.map((workstation) => workstation.removeImages()));
  }
}
