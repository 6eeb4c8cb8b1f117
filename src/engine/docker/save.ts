import type { ArchiveEntry } from '../../archive/entry.js';
import { exportedBlobs, surveyedBlobs } from '../../archive/exported-blobs.js';
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
  const left = new Set(wanted);
  try {
    yield* takenFrom(
      left,
      savePass(client, image, signal, (entries) => exportedBlobs(entries, image, wanted)),
    );
  } catch (error) {
    if (!(error instanceof P2pimgError) || error.facts.reason !== 'v1-names') throw error;
    // An old engine named the layers otherwise than computed: find out what they are, and read once more.
    const survey = await surveySave(client, image.id, signal);
    yield* savePass(client, image, signal, (entries) => surveyedBlobs(entries, survey, left));
  }
}

/** The same blobs, each taken from the set as it goes. */
async function* takenFrom(left: Set<Digest>, blobs: AsyncIterable<BlobStream>): AsyncGenerator<BlobStream> {
  for await (const blob of blobs) {
    left.delete(blob.digest);
    yield blob;
  }
}

/** One pass over the save of an image. */
async function* savePass(
  client: DockerClient,
  { id }: ImageDescription,
  signal: AbortSignal,
  pick: (entries: AsyncIterable<ArchiveEntry>) => AsyncIterable<BlobStream>,
): AsyncGenerator<BlobStream> {
  const archive = await client.save(id, signal);
  try {
    yield* pick(readArchive(archive));
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
