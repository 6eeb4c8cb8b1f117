import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { DeviceOptions } from '../../src/control/options.js';
import { paths } from '../../src/control/paths.js';
import type { WayEvent } from '../../src/control/ways.js';
import { openStore } from '../../src/engine/store/store.js';
import { localPlatform } from '../../src/image/platform.js';
import { canonical, parseReference } from '../../src/image/reference.js';
import { give } from '../engine/claims/subject.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';

/** A folder for one test, with stores in it, each a machine's engine. */
export class WayHome {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<WayHome> {
    const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-way-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return new WayHome(folder);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** A machine of this name, whose engine is a layout of its own. */
  machine(name: string): DeviceOptions {
    return {
      paths: paths({ P2PIMG_HOME: this.file(`${name}-home`) }),
      engine: this.layout(name),
      peers: [],
      interfaces: [],
    };
  }

  layout(name: string): string {
    return `layout:${this.file(name)}`;
  }

  /** Puts an image into a machine's engine under these names. */
  async put(machine: string, image: Image, ...names: string[]): Promise<void> {
    const engine = await openStore(this.file(machine));
    try {
      const id = await give(engine, image);
      for (const name of names) await engine.tag(id, parseReference(name));
    } finally {
      await engine.close();
    }
  }

  /** What a machine's engine has: config digests and names, in order. */
  async stock(machine: string): Promise<string[]> {
    const engine = await openStore(this.file(machine));
    try {
      const listed = await engine.list();
      return listed
        .map(
          ({ configDigest, references }) =>
            `${configDigest} ${references.map(canonical).toSorted().join(' ')}`,
        )
        .toSorted();
    } finally {
      await engine.close();
    }
  }
}

/** An image of some layers, each of so many bytes; the same layers in two images are the same if their names are. */
export function wayImage(own: string, layers: Readonly<Record<string, number>>): Promise<Image> {
  return buildImage({
    layers: Object.entries(layers).map(([name, bytes], index) => ({
      entries: [file(name, { random: bytes })],
      compression: index % 2 === 0 ? ('none' as const) : ('gzip' as const),
    })),
    platform: { os: 'linux', architecture: localPlatform().architecture },
    labels: { own },
  });
}

/** Collects events, and tells those of a type. */
export class Told {
  readonly events: WayEvent[] = [];
  readonly emit = (event: WayEvent): void => void this.events.push(event);

  of<T extends WayEvent['type']>(type: T): Extract<WayEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<WayEvent, { type: T }> => event.type === type);
  }
}

/** A signal that never comes. */
export const never = new AbortController().signal;
