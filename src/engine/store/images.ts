import { P2pimgError } from '../../error.js';
import { parseImageConfig } from '../../image/config.js';
import type { Digest } from '../../image/digest.js';
import type { StoredManifest } from '../../image/image.js';
import { type Descriptor, isImageManifest, parseManifest } from '../../image/manifest.js';
import type { Platform } from '../../image/platform.js';
import { hasBlob, readBlob } from './blobs.js';
import { readIndex } from './index-file.js';
import type { Layout } from './layout.js';

/** One platform's image, all of whose blobs are here. Layers are in chain order. */
export interface StoredImage {
  readonly platform: Platform;
  readonly created?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly { readonly diffId: Digest; readonly blob: Descriptor }[];
  readonly manifest: StoredManifest;
  readonly index?: StoredManifest | undefined;
}

/** The images behind an entry of `index.json`: one, or one a platform, and none for what is damaged or not all here. */
export async function readImages(layout: Layout, entry: Descriptor): Promise<StoredImage[]> {
  return orNothing(async () => {
    const json = await readBlob(layout, entry.digest);
    const parsed = parseManifest(json);
    const { mediaType, digest } = entry;
    if (parsed.type === 'manifest')
      return isImageManifest(entry) ? readImage(layout, { mediaType, digest, json }) : [];
    const images: StoredImage[] = [];
    for (const child of parsed.index.manifests.filter(isImageManifest)) {
      const found = await orNothing(async () => {
        const { mediaType, digest } = child;
        return readImage(layout, { mediaType, digest, json: await readBlob(layout, digest) });
      });
      images.push(...found.map((image) => ({ ...image, index: { mediaType, digest, json } })));
    }
    return images;
  });
}

/** The images of all entries, each once. */
export async function readAllImages(layout: Layout): Promise<StoredImage[]> {
  const images = new Map<Digest, StoredImage>();
  for (const { descriptor } of (await readIndex(layout)).entries) {
    if (descriptor === undefined) continue;
    for (const image of await readImages(layout, descriptor)) images.set(image.manifest.digest, image);
  }
  return [...images.values()];
}

/** All blobs of an image, each once: the config first, then the layers in chain order. */
export function blobsOf({ config, layers }: StoredImage): Descriptor[] {
  const blobs = [config, ...layers.map(({ blob }) => blob)];
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

async function readImage(layout: Layout, stored: StoredManifest): Promise<StoredImage[]> {
  const parsed = parseManifest(stored.json);
  if (parsed.type === 'index') return [];
  const { config, layers } = parsed.manifest;
  const { platform, created, diffIds } = parseImageConfig(await readBlob(layout, config.digest));
  if (diffIds.length !== layers.length) return [];
  const present = await Promise.all(layers.map((layer) => hasBlob(layout, layer)));
  if (!present.every(Boolean)) return [];
  const paired = layers.flatMap((blob, at) => {
    const diffId = diffIds[at];
    return diffId === undefined ? [] : [{ diffId, blob }];
  });
  return [{ platform, created, config, layers: paired, manifest: stored }];
}

async function orNothing<T>(read: () => Promise<T[]>): Promise<T[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof P2pimgError) return [];
    throw error;
  }
}
