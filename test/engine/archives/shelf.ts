import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { Archives } from '../../../src/engine/archives/archives.js';
import { canonical } from '../../../src/image/reference.js';
import { archive, type Layout } from '../../fixtures/archive.js';
import { buildImage, type Image } from '../../fixtures/image.js';
import { file } from '../../fixtures/tar.js';
import { testFolder } from '../store-folder.js';

/** A folder of archives for one test, and the engine over it. */
export class Shelf {
  readonly folder: string;
  readonly state: string;
  readonly troubles: string[] = [];

  private constructor(folder: string, state: string) {
    this.folder = folder;
    this.state = state;
  }

  static async make(): Promise<Shelf> {
    const folder = await testFolder();
    const shelf = new Shelf(path.join(folder, 'archives'), path.join(folder, 'state'));
    await mkdir(shelf.folder);
    await mkdir(shelf.state);
    return shelf;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Writes a file; `old` is one that was there long before, and `new` one that may still grow. */
  async put(name: string, bytes: Buffer, age: 'old' | 'new' = 'old'): Promise<void> {
    await writeFile(this.file(name), bytes);
    if (age === 'old') await utimes(this.file(name), 1_700_000_000, 1_700_000_000);
  }

  async open(): Promise<Archives> {
    const archives = await Archives.open(this.folder, this.state);
    archives.onTrouble(({ message }) => this.troubles.push(message));
    onTestFinished(() => archives.close());
    return archives;
  }
}

/** An image of two layers of its own. */
export function shelfImage(own: string): Promise<Image> {
  return buildImage({
    layers: [
      { entries: [file('below', { random: 20_000 })], compression: 'gzip' },
      { entries: [file('above', own)], compression: 'none' },
    ],
    labels: { own },
    seed: own,
  });
}

/** The bytes of an archive with one image under a name. */
export function archiveOf(content: Image, name: string, layout: Layout = 'oci+docker'): Promise<Buffer> {
  return buffer(archive([{ content, names: [name] }], { layout }));
}

/** What is listed: config digests and names, in order. */
export async function listedIn(archives: Archives): Promise<string[]> {
  return (await archives.list())
    .map(
      ({ configDigest, references }) => `${configDigest} ${references.map(canonical).toSorted().join(' ')}`,
    )
    .toSorted();
}
