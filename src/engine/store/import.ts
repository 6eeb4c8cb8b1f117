import { readFile } from 'node:fs/promises';
import { manifestFor, proveStored } from '../../archive/written-manifest.js';
import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import { parseImageConfig } from '../../image/config.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import { maximumMetadataSize } from '../../image/manifest.js';
import type { Holding } from '../port.js';
import { untilAborted } from './abortable.js';
import { writeDurably } from './durable.js';
import { throwIfAborted } from './failures.js';
import { readImages } from './images.js';
import { readIndex, withImage, writeIndex } from './index-file.js';
import type { Layout } from './layout.js';
import { withLock } from './lock.js';
import { receiveBlob } from './receive.js';
import { closeStaging, install, openStaging, stagedPath, takeBack } from './staging.js';

/**
 * Imports an image: its blobs are collected and proved where no reader looks, moved into the layout when all are
 * there, and then named by `index.json`. Resolves to the manifest's digest. Whatever fails leaves nothing.
 */
export async function importImage(
  layout: Layout,
  image: ImageDescription,
  held: Holding['layers'],
  blobs: AsyncIterable<BlobStream>,
  signal: AbortSignal,
): Promise<Digest> {
  const staging = await openStaging(layout);
  try {
    const came = await receiveAll(staging, image, held, untilAborted(blobs, signal), signal);
    await proveConfig(stagedPath(staging, image.configDigest), image);
    throwIfAborted(signal);
    return await withLock(layout.ingest, async () => {
      try {
        return await commit(layout, staging, image, held, came);
      } catch (error) {
        await takeBack(layout, staging).catch(() => {});
        throw error;
      }
    });
  } finally {
    await closeStaging(staging);
  }
}

/** What each blob that must come has to unpack to: its layers' diffIDs, none for the config. */
function expectedBlobs(image: ImageDescription, held: Holding['layers']): Map<Digest, Set<Digest>> {
  const expected = new Map<Digest, Set<Digest>>([[image.configDigest, new Set()]]);
  for (const { diffId, digest } of image.layers) {
    if (held.get(diffId)?.type === 'blob') continue;
    expected.set(digest, (expected.get(digest) ?? new Set()).add(diffId));
  }
  return expected;
}

/** Collects the blobs and proves them; resolves to what came, with its sizes. */
async function receiveAll(
  staging: string,
  image: ImageDescription,
  held: Holding['layers'],
  blobs: AsyncIterable<BlobStream>,
  signal: AbortSignal,
): Promise<Map<Digest, number>> {
  const came = new Map<Digest, number>();
  const expected = expectedBlobs(image, held);
  for await (const blob of blobs) {
    const { digest, size, offset } = blob;
    const diffIds = expected.get(digest);
    if (diffIds === undefined || offset !== 0)
      throw new P2pimgError('BLOB_UNWANTED', 'a blob came that was not asked for', { digest, offset });
    if (digest === image.configDigest && size > maximumMetadataSize)
      throw new P2pimgError('IMAGE_CONFIG_INVALID', 'an image config over 4 MiB', { digest, size });
    await receiveBlob(stagedPath(staging, digest), blob, diffIds, signal);
    expected.delete(digest);
    came.set(digest, size);
  }
  const [missing] = expected.keys();
  if (missing !== undefined)
    throw new P2pimgError('BLOB_MISSING', 'a blob of the image did not come', { digest: missing });
  return came;
}

/** Throws `IMPORT_UNPROVED` where the config that came is of other layers than described. */
async function proveConfig(path: string, image: ImageDescription): Promise<void> {
  const config = parseImageConfig(await readFile(path, 'utf8'));
  const want = image.layers.map(({ diffId }) => diffId);
  if (config.diffIds.length !== want.length || config.diffIds.some((diffId, at) => diffId !== want[at]))
    throw new P2pimgError(
      'IMPORT_UNPROVED',
      'the config is of other layers than the image was described with',
      {
        image: image.configDigest,
        got: config.diffIds,
        wanted: want,
      },
    );
}

async function commit(
  layout: Layout,
  staging: string,
  image: ImageDescription,
  held: Holding['layers'],
  came: ReadonlyMap<Digest, number>,
): Promise<Digest> {
  if (image.manifest !== undefined) proveStored(image.manifest);
  const { manifest } = manifestFor(image, held, came);
  const { mediaType, digest, json } = manifest;
  await writeDurably(stagedPath(staging, digest), json);
  await install(layout, staging, [...came.keys(), digest]);

  const entry = { mediaType, digest, size: Buffer.byteLength(json), platform: image.platform };
  const [here] = await readImages(layout, entry);
  if (here === undefined || here.config.digest !== image.configDigest)
    throw new P2pimgError('IMPORT_UNPROVED', 'the image is not here whole, or its manifest is wrong', {
      image: image.configDigest,
    });
  const index = await readIndex(layout);
  const next = withImage(index, entry);
  if (next !== index) await writeIndex(layout, next);
  return digest;
}
