import type { Digest } from '../../src/image/digest.js';
import type { ImageDescription, ListedImage } from '../../src/image/image.js';
import { parseReference } from '../../src/image/reference.js';
import { type Image, MEDIA_TYPE } from '../fixtures/image.js';

/** Its manifest, as a store keeps it. */
export function stored({ manifest }: Image): NonNullable<ImageDescription['manifest']> {
  return {
    mediaType: MEDIA_TYPE.manifest,
    digest: manifest.digest as Digest,
    json: manifest.bytes.toString(),
  };
}

/** An image as a source that tells the truth offers it. */
export function describe(image: Image): ImageDescription {
  return {
    id: image.manifest.digest as Digest,
    configDigest: image.config.digest as Digest,
    platform: image.platform,
    created: '2024-02-29T12:34:56Z',
    size: image.layers.reduce((sum, { blob }) => sum + blob.size, image.config.size),
    layers: image.layers.map(({ blob, mediaType }, index) => ({
      diffId: image.diffIds[index] as Digest,
      digest: blob.digest as Digest,
      mediaType,
      size: blob.size,
    })),
    manifest: stored(image),
  };
}

/** An image as a catalogue that tells the truth lists it. */
export function listed(image: Image, name: string): ListedImage {
  const { id, configDigest, platform, size, created } = describe(image);
  return { id, configDigest, references: [parseReference(name)], platforms: [platform], size, created };
}
