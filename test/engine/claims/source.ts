import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { BlobStream } from '../../../src/image/blob.js';
import { type Digest, parseDigest } from '../../../src/image/digest.js';
import type { ImageDescription } from '../../../src/image/image.js';
import { normalisePlatform, type Platform } from '../../../src/image/platform.js';
import { buildImage, type Image } from '../../fixtures/image.js';
import type { LayerDescription } from '../../fixtures/layer.js';
import { file } from '../../fixtures/tar.js';

/** A layer of one file with this text. */
export function layerOf(text: string, compression: 'gzip' | 'none' = 'gzip'): LayerDescription {
  return { entries: [file('content', text)], compression };
}

/** An image that no engine has yet, of these layers (default: two of its own). */
export function freshImage(platform: Platform, layers?: readonly LayerDescription[]): Promise<Image> {
  const own = randomUUID();
  const { os, architecture, variant } = platform;
  return buildImage({
    layers: layers ?? [layerOf(`below ${own}`), layerOf(`above ${own}`, 'none')],
    platform: variant === undefined ? { os, architecture } : { os, architecture, variant },
    labels: { own },
    cmd: ['/content'],
  });
}

/** An image as a source describes it that keeps manifests. */
export function descriptionOf(image: Image): ImageDescription {
  const { config, manifest, layers } = image;
  const manifestDigest = parseDigest(manifest.digest);
  return {
    id: manifestDigest,
    configDigest: parseDigest(config.digest),
    platform: normalisePlatform(image.platform),
    size: layers.reduce((sum, { blob }) => sum + blob.size, config.size),
    layers: layers.map(({ tar, blob, mediaType }) => ({
      diffId: parseDigest(tar.digest),
      mediaType,
      digest: parseDigest(blob.digest),
      size: blob.size,
    })),
    manifest: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: manifestDigest,
      json: manifest.bytes.toString(),
    },
  };
}

/** The wanted blobs of an image (default: all), the layers first and the config last. */
export async function* blobsOf(image: Image, wanted?: readonly Digest[]): AsyncGenerator<BlobStream> {
  const blobs = [...image.layers.map(({ blob }) => blob), image.config];
  for (const { digest, size, open } of new Map(blobs.map((blob) => [blob.digest, blob])).values()) {
    const parsed = parseDigest(digest);
    if (wanted !== undefined && !wanted.includes(parsed)) continue;
    yield { digest: parsed, size, offset: 0, content: open() };
  }
}

/** The same blobs, but one of them with other bytes than it was; its digest and size are said as before. */
export async function* altered(
  blobs: AsyncIterable<BlobStream>,
  digest: Digest,
  alter: (bytes: Buffer) => Buffer,
): AsyncGenerator<BlobStream> {
  for await (const blob of blobs) {
    if (blob.digest !== digest) yield blob;
    else yield { ...blob, content: once(alter(await buffer(blob.content))) };
  }
}

/** The first blobs, and then what comes of this: an error, or the wait for what never comes. */
export async function* brokenAfter(
  blobs: AsyncIterable<BlobStream>,
  count: number,
  end: () => Promise<never>,
): AsyncGenerator<BlobStream> {
  let left = count;
  for await (const blob of blobs) {
    if (left-- === 0) await end();
    yield blob;
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
