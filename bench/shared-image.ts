import { archive } from '../test/fixtures/archive.js';
import { buildImage, type Image } from '../test/fixtures/image.js';
import type { Layer } from '../test/fixtures/layer.js';
import { file } from '../test/fixtures/tar.js';
import type { Workstation } from '../test/lab/workstation.js';

/** An image by its name, and the layers that it must have wherever it comes. */
export interface Named {
  readonly name: string;
  readonly diffIds: readonly string[];
}

/** The image that is shared in every cell, and what is built on it. */
export class SharedImage implements Named {
  readonly name = 'bench/app:base';
  readonly base: Image;
  readonly #seed: string;
  #children = 0;

  private constructor(base: Image, seed: string) {
    this.base = base;
    this.#seed = seed;
  }

  static async of(layers: readonly Layer[], seed: string): Promise<SharedImage> {
    const top = { entries: [file('app/version', 'base')] };
    return new SharedImage(await buildImage({ layers: [...layers, top] }), seed);
  }

  get diffIds(): readonly string[] {
    return this.base.diffIds;
  }

  /** Bytes of its layers, unpacked and as the containerd store keeps them. */
  get size(): { readonly unpacked: number; readonly stored: number } {
    const { layers } = this.base;
    return {
      unpacked: layers.reduce((sum, { tar }) => sum + tar.size, 0),
      stored: layers.reduce((sum, { blob }) => sum + blob.size, 0),
    };
  }

  async loadInto(workstation: Workstation): Promise<void> {
    await workstation.load(archive([{ content: this.base, names: [`docker.io/${this.name}`] }]));
  }

  /** Gives a workstation that has the base an image with one more layer, which no engine has met. */
  async addChild(workstation: Workstation, bytes: number): Promise<Named> {
    this.#children += 1;
    const name = `bench/app:child-${this.#children}`;
    const seed = `${this.#seed}-${this.#children}`;
    const child = await buildImage({
      layers: [...this.base.layers, { entries: [file('app/new', { random: bytes })] }],
      seed,
      labels: { seed },
    });
    const omit = new Set(this.base.layers.map(({ blob }) => blob.digest));
    await workstation.load(archive([{ content: child, names: [`docker.io/${name}`] }], { omit }));
    return { name, diffIds: child.diffIds };
  }
}
