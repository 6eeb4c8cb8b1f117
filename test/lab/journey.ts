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

/** A large image that is at some of four workstations, and what can happen while it travels. */
export class Journey {
  readonly name = 'going/on:1';
  readonly devices: readonly Device[];
  readonly #seed: string;
  #begun = 0;
  #image: Image | undefined;

  private constructor(seed: string, devices: readonly Device[]) {
    this.#seed = seed;
    this.devices = devices;
  }

  /** Brings up the lab and its agents, which give up after so many seconds; another seed is other images. */
  static async prepare(seed: string, patienceSeconds: number): Promise<Journey> {
    await bringUpLab();
    await Promise.all(all.map((workstation) => workstation.removeImages()));
    return new Journey(seed, await Device.teamWith({ patienceSeconds }, ...all));
  }

  /** The image that travels. */
  get image(): Image {
    if (this.#image === undefined) throw new Error('no journey has begun');
    return this.#image;
  }

  on(workstation: Workstation): Device {
    return this.devices.find((device) => device.workstation === workstation) as Device;
  }

  /**
   * Begins anew, with an image that only these workstations have. Each time it is one that no engine has met: the
   * containerd store keeps for a day what an interrupted load brought, even when it shows no image.
   */
  async onlyAt(...sources: readonly Workstation[]): Promise<void> {
    await Promise.all(all.map((workstation) => workstation.removeImages()));
    this.#begun += 1;
    this.#image = await this.#build(layerCount);
    for (const source of sources)
      await source.load(archive([{ content: this.image, names: [`docker.io/${this.name}`] }]));
  }

  /** Gives a workstation the lower half of the layers beforehand. */
  async giveBase(workstation: Workstation): Promise<void> {
    const base = await this.#build(layerCount / 2);
    await workstation.load(archive([{ content: base, names: ['docker.io/going/base:1'] }]));
  }

  /** Gets the image, and does something once when a share of it has arrived; it is told which peer gives. */
  async getWith(
    receiver: Workstation,
    share: number,
    interfere: (giver: string) => Promise<unknown>,
    ...options: string[]
  ): Promise<GetResult> {
    const child = this.on(receiver).spawn(['get', this.name, '--json', ...options]);
    let stdout = '';
    let giver = '';
    let done: Promise<unknown> | undefined;
    for await (const line of createInterface(child.stdout as Readable)) {
      stdout += `${line}\n`;
      const event = JSON.parse(line) as GetEvent;
      if (event.type === 'found' || event.type === 'resumed') giver = event.peer.name;
      if (done === undefined && event.type === 'progress' && event.received >= share * event.total)
        done = interfere(giver);
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

  #build(layers: number): Promise<Image> {
    return buildImage({
      seed: `${this.#seed}-${this.#begun}`,
      layers: Array.from({ length: layers }, (_, index) => ({
        // Nothing of it shrinks: whether frames are compressed is measured anew each time, and bytes are counted here.
        entries: [file(`part-${index}`, { noise: layerBytes })],
        compression: 'none',
      })),
    });
  }
}
