import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readAllImages } from '../../src/engine/store/images.js';
import { readIndex, writeIndex } from '../../src/engine/store/index-file.js';
import type { Layout } from '../../src/engine/store/layout.js';
import { withLock } from '../../src/engine/store/lock.js';
import { openStore } from '../../src/engine/store/store.js';
import { hex } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { canonical, parseReference } from '../../src/image/reference.js';
import { blobsOf, descriptionOf } from '../engine/claims/source.js';
import { buildImage } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';

const layerBytes = 200_000;

/** Puts a new image of two layers into a layout, beside the agent that serves it; resolves to its config digest. */
export async function putImage(layout: Layout, name: string): Promise<string> {
  const { os, architecture } = localPlatform();
  const image = await buildImage({
    seed: name,
    layers: [1, 2].map((part) => ({
      entries: [file(`part-${part}`, { random: layerBytes })],
      compression: 'none' as const,
    })),
    platform: { os, architecture },
    labels: { name },
  });
  const store = await openStore(layout.folder);
  const signal = new AbortController().signal;
  const id = await store.import(descriptionOf(image), new Map(), blobsOf(image), signal);
  await store.tag(id, parseReference(name));
  await store.close();
  return image.config.digest;
}

/** Removes every image but those of these names, as a person would with another tool. */
export async function keepOnly(layout: Layout, names: readonly string[]): Promise<void> {
  const kept = new Set(names.map((name) => canonical(parseReference(name))));
  await withLock(layout.ingest, async () => {
    const index = await readIndex(layout);
    const entries = index.entries.filter(({ reference }) => reference && kept.has(canonical(reference)));
    await writeIndex(layout, { ...index, entries });
    const used = new Set<string>();
    for (const { manifest, config, layers } of await readAllImages(layout))
      for (const { digest } of [manifest, config, ...layers.map(({ blob }) => blob)]) used.add(hex(digest));
    for (const blob of await readdir(layout.blobs))
      if (!used.has(blob)) await rm(path.join(layout.blobs, blob), { force: true });
  });
}

/** What lies in a layout and should not: images that are not whole, and what imports left. */
export async function leftIn(layout: Layout): Promise<string[]> {
  const { entries } = await readIndex(layout);
  const whole = new Set((await readAllImages(layout)).map(({ manifest }) => manifest.digest));
  const broken = entries.flatMap(({ descriptor }) =>
    descriptor !== undefined && whole.has(descriptor.digest) ? [] : [`half ${descriptor?.digest}`],
  );
  return [...broken, ...(await readdir(layout.ingest)).map((name) => `ingest/${name}`)];
}
