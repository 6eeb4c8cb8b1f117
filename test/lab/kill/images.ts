import path from 'node:path';
import { readAllImages } from '../../../src/engine/store/images.js';
import { readIndex } from '../../../src/engine/store/index-file.js';
import { type Layout, openLayout } from '../../../src/engine/store/layout.js';
import { openStore } from '../../../src/engine/store/store.js';
import { canonical, parseReference } from '../../../src/image/reference.js';
import { blobsOf, descriptionOf } from '../../engine/claims/source.js';
import { archive } from '../../fixtures/archive.js';
import { buildImage, type Image } from '../../fixtures/image.js';
import { file } from '../../fixtures/tar.js';
import type { Device } from '../device.js';

/** An image of three layers that no engine has met. */
export function newImage(seed: string, bytes: number): Promise<Image> {
  return buildImage({
    seed,
    layers: [1, 2, 3].map((part) => ({
      entries: [file(`part-${part}`, { random: Math.round(bytes / 3) })],
      compression: 'none',
    })),
    labels: { seed },
  });
}

/** Gives an image to a workstation's engine, or to its embedded store. */
export async function giveTo(device: Device, image: Image, name: string): Promise<void> {
  const { workstation } = device;
  if (workstation.engine !== 'none') {
    await workstation.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
    return;
  }
  const store = await openStore(storeOf(device));
  const signal = new AbortController().signal;
  const id = await store.import(descriptionOf(image), new Map(), blobsOf(image), signal);
  await store.tag(id, parseReference(name));
  await store.close();
}

/**
 * The config digest of what really is behind a name, every blob of it read or looked at; nothing where there is no
 * such name. Throws where the name leads to something that is not whole.
 */
export async function wholeImage(device: Device, name: string): Promise<string | undefined> {
  if (device.workstation.engine === 'none') return wholeInStore(await openLayout(storeOf(device)), name);
  const { status } = await device.workstation.api('GET', `/images/${name}/json`);
  return status === 404 ? undefined : (await device.saved(name)).image.configDigest;
}

/** The folder of a device's embedded store. */
export function storeOf({ home }: Device): string {
  return path.join(home, 'state', 'store');
}

async function wholeInStore(layout: Layout, name: string): Promise<string | undefined> {
  const wanted = canonical(parseReference(name));
  const { entries } = await readIndex(layout);
  const entry = entries.find(({ reference }) => reference && canonical(reference) === wanted);
  if (entry === undefined) return undefined;
  const images = await readAllImages(layout);
  const image = images.find(({ manifest }) => manifest.digest === entry.descriptor?.digest);
  if (image === undefined) throw new Error(`${name} in ${layout.folder} is not whole`);
  return image.config.digest;
}
