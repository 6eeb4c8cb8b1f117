import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { onTestFinished } from 'vitest';
import type { Engine } from '../../src/engine/port.js';
import { openStore } from '../../src/engine/store/store.js';
import { type Digest, digestOf, hex } from '../../src/image/digest.js';

/** A new empty folder, and how to remove it. */
export async function freshFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pimg-store-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A new empty folder for one test. */
export async function testFolder(): Promise<string> {
  const { folder, remove } = await freshFolder();
  onTestFinished(remove);
  return folder;
}

/** A store for one test, in a folder (default: a new one). */
export async function testStore(folder?: string): Promise<{ engine: Engine; folder: string }> {
  const where = folder ?? (await testFolder());
  const engine = await openStore(where);
  onTestFinished(() => engine.close());
  return { engine, folder: where };
}

/** Unpacks an archive, as `tar -x` does. */
export async function unpack(archive: Readable, folder: string): Promise<void> {
  for await (const entry of archive.pipe(extract())) {
    const path = join(folder, entry.header.name);
    if (entry.header.type === 'directory') await mkdir(path, { recursive: true });
    else {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await buffer(entry));
    }
    entry.resume();
  }
}

/** Where a store keeps a blob. */
export function blobFile(folder: string, digest: Digest): string {
  return join(folder, 'blobs', 'sha256', hex(digest));
}

/** The blobs in a folder, and those among them that are not what their names say. */
export async function blobsIn(folder: string): Promise<{ names: string[]; damaged: string[] }> {
  const names = await readdir(join(folder, 'blobs', 'sha256'));
  const damaged: string[] = [];
  for (const name of names)
    if (hex(digestOf(await readFile(join(folder, 'blobs', 'sha256', name)))) !== name) damaged.push(name);
  return { names: names.sort(), damaged };
}
