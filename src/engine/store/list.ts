import type { Digest } from '../../image/digest.js';
import type { ListedImage } from '../../image/image.js';
import { localPlatform, platformMatches } from '../../image/platform.js';
import type { Reference } from '../../image/reference.js';
import { blobsOf, readImages } from './images.js';
import { type Entry, readIndex } from './index-file.js';
import type { Layout } from './layout.js';

/**
 * The images that are here whole, one for all its names. The config digest is this machine's platform's where there
 * are several; the size is that of all blobs, each once.
 */
export async function listImages(layout: Layout): Promise<ListedImage[]> {
  const byId = new Map<Digest, Entry[]>();
  for (const entry of (await readIndex(layout)).entries) {
    const id = entry.descriptor?.digest;
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), entry]);
  }
  const listed: ListedImage[] = [];
  for (const entries of byId.values()) listed.push(...(await listImage(layout, entries)));
  return listed;
}

async function listImage(layout: Layout, entries: readonly Entry[]): Promise<ListedImage[]> {
  const descriptor = entries[0]?.descriptor;
  if (descriptor === undefined) return [];
  const images = await readImages(layout, descriptor);
  const main = images.find(({ platform }) => platformMatches(platform, localPlatform())) ?? images[0];
  if (main === undefined) return [];
  const blobs = new Map(images.flatMap(blobsOf).map(({ digest, size }) => [digest, size]));
  return [
    {
      id: descriptor.digest,
      configDigest: main.config.digest,
      references: entries.flatMap(({ reference }): Reference[] =>
        reference === undefined ? [] : [reference],
      ),
      platforms: images.map(({ platform }) => platform),
      size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
      created: main.created,
    },
  ];
}
