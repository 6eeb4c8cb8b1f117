import { exportedBlobs } from '../../archive/exported-blobs.js';
import { readArchive } from '../../archive/read.js';
import { surveyArchive } from '../../archive/survey.js';
import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import type { DockerClient } from './client.js';

/** Streams the wanted blobs out of `docker save`, in the order in which it writes them. */
export async function* saveBlobs(
  client: DockerClient,
  image: ImageDescription,
  wanted: ReadonlySet<Digest>,
  signal: AbortSignal,
): AsyncGenerator<BlobStream> {
  const archive = await client.save(image.id, signal);
  try {
    yield* exportedBlobs(readArchive(archive), image, wanted);
  } finally {
    archive.destroy();
  }
}

/** Describes an image by one silent pass over its save, where the engine cannot be asked what it consists of. */
export async function surveySave(client: DockerClient, id: Digest, signal: AbortSignal) {
  const archive = await client.save(id, signal);
  try {
    return await surveyArchive(archive);
  } catch (error) {
    throw error instanceof P2pimgError ? error.with({ image: id }) : error;
  } finally {
    archive.destroy();
  }
}
