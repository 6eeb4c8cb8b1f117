import { UnpackedDigest } from '../../archive/unpacked-digest.js';
import type { Digest } from '../../image/digest.js';
import type { HeldLayer, ImageDescription, Layer } from '../../image/image.js';
import type { Descriptor } from '../../image/manifest.js';
import { blobSize, streamBlob } from './blobs.js';
import { throwIfAborted } from './failures.js';
import { readAllImages } from './images.js';
import type { Layout } from './layout.js';

/**
 * Which layers of an image are here, by diffID: as the same blob of a local image, as another blob of the same
 * content, or as a blob that no image names, which is then read to prove it: the peer's word is not enough.
 */
export async function holdLayers(
  layout: Layout,
  image: ImageDescription,
  signal: AbortSignal,
): Promise<Map<Digest, HeldLayer>> {
  const known = new Map<Digest, Descriptor[]>();
  for (const { layers } of await readAllImages(layout))
    for (const { diffId, blob } of layers) known.set(diffId, [...(known.get(diffId) ?? []), blob]);

  const held = new Map<Digest, HeldLayer>();
  for (const layer of image.layers) {
    throwIfAborted(signal);
    const blobs = known.get(layer.diffId) ?? [];
    const blob =
      blobs.find(({ digest }) => digest === layer.digest) ??
      blobs[0] ??
      (held.has(layer.diffId) ? undefined : await provedBlob(layout, layer, signal));
    if (blob !== undefined) held.set(layer.diffId, { type: 'blob', blob });
  }
  return held;
}

async function provedBlob(
  layout: Layout,
  { diffId, mediaType, digest, size: described }: Layer,
  signal: AbortSignal,
): Promise<Descriptor | undefined> {
  const size = await blobSize(layout, digest);
  if (size === undefined || size !== (described ?? size)) return undefined;
  const unpacked = new UnpackedDigest();
  try {
    for await (const chunk of streamBlob(layout, digest, size, signal)) await unpacked.write(chunk);
    return (await unpacked.end()) === diffId ? { mediaType, digest, size } : undefined;
  } catch {
    throwIfAborted(signal);
    // Damaged, or of a compression that can't be read here: it has to come again.
    return undefined;
  } finally {
    unpacked.destroy();
  }
}
