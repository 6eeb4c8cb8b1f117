import { BlobVerifier, verified } from '../../archive/verify.js';
import { asP2pimgError } from '../../error.js';
import { type BlobStream, endingWith, from } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import { type ImageDescription, missingBlobs } from '../../image/image.js';
import type { BlobReader } from '../port.js';
import type { DockerClient } from './client.js';
import type { ClassicPusher } from './loopback/classic-push.js';
import { saveBlobs } from './save.js';

/**
 * Streams the wanted blobs, each once and proved: out of the reader, the config first and the layers in chain order; and
 * out of a save what the reader fails to give, also from within a blob.
 */
export async function* exportBlobs(
  client: DockerClient,
  reader: BlobReader,
  image: ImageDescription,
  wanted: ReadonlySet<Digest>,
  signal: AbortSignal,
): AsyncGenerator<BlobStream> {
  const left = new Set(wanted);
  try {
    // All are asked for at once, as the engine gives several at a time; each waits until its turn comes.
    const reads = missingBlobs(image, new Map())
      .filter((digest) => wanted.has(digest))
      .map((digest) => ({ digest, blob: reader.read(digest) }));
    for (const { blob } of reads) blob.catch(() => undefined);
    for (const { digest, blob } of reads) {
      const given = await orNothing(blob, signal);
      if (given === undefined) break;
      left.delete(digest);
      yield { ...given, content: goingOn(client, given, image, signal) };
    }
  } finally {
    await reader.close();
  }
  if (left.size > 0) yield* saveBlobs(client, image, left, signal);
}

/** The same out of a classic store: small layers as it pushes them, else out of a save, of which it remembers the layers. */
export async function* exportClassic(
  client: DockerClient,
  pusher: ClassicPusher,
  image: ImageDescription,
  wanted: ReadonlySet<Digest>,
  signal: AbortSignal,
): AsyncGenerator<BlobStream> {
  const pushed = await pusher.read(image, wanted, signal);
  if (pushed !== undefined) return yield* pushed;
  let given = 0;
  try {
    for await (const blob of saveBlobs(client, image, wanted, signal))
      yield {
        ...blob,
        content: endingWith(blob.content, () => {
          given += 1;
        }),
      };
  } finally {
    if (given === wanted.size) pusher.remember(image);
  }
}

async function orNothing<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** A blob's content; where it breaks off, the rest of it out of a save. */
async function* goingOn(
  client: DockerClient,
  { digest, size, content }: BlobStream,
  image: ImageDescription,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const verifier = new BlobVerifier(digest, size);
  try {
    yield* verified(content, digest, size, verifier);
  } catch (error) {
    const { code } = asP2pimgError(error);
    if (signal.aborted || code === 'DIGEST_MISMATCH' || code === 'SIZE_MISMATCH') throw error;
    for await (const saved of saveBlobs(client, image, new Set([digest]), signal))
      yield* verified(from(saved.content, verifier.offset), digest, size, verifier);
  }
}
