import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import { type Platform, platformMatches, platformText } from '../../image/platform.js';
import { throwIfAborted } from './failures.js';
import { blobsOf, readImages } from './images.js';
import { readIndex } from './index-file.js';
import type { Layout } from './layout.js';

/** Describes one platform of an image that is here whole; throws `IMAGE_UNKNOWN` and `OTHER_PLATFORM`. */
export async function describeImage(
  layout: Layout,
  id: Digest,
  platform: Platform,
  signal: AbortSignal,
): Promise<ImageDescription> {
  throwIfAborted(signal);
  const { entries } = await readIndex(layout);
  const entry = entries.find(({ descriptor }) => descriptor?.digest === id)?.descriptor;
  const images = entry === undefined ? [] : await readImages(layout, entry);
  throwIfAborted(signal);
  if (images.length === 0)
    throw new P2pimgError('IMAGE_UNKNOWN', 'no such image, or not all of it', { image: id });

  const asked = platformText(platform);
  const image =
    images.find((candidate) => platformText(candidate.platform) === asked) ??
    images.find((candidate) => platformMatches(candidate.platform, platform));
  if (image === undefined)
    throw new P2pimgError('OTHER_PLATFORM', 'the image is here for other platforms', {
      image: id,
      platform: asked,
      platforms: images.map((other) => platformText(other.platform)),
    });
  return {
    id,
    configDigest: image.config.digest,
    platform: image.platform,
    created: image.created,
    size: blobsOf(image).reduce((sum, { size }) => sum + size, 0),
    layers: image.layers.map(({ diffId, blob }) => ({
      diffId,
      mediaType: blob.mediaType,
      digest: blob.digest,
      size: blob.size,
    })),
    manifest: image.manifest,
    index: image.index,
  };
}
