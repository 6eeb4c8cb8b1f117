import { P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import type { ImageDescription } from '../image/image.js';
import type { ArchiveEntry } from './entry.js';
import { blobMissing } from './failure.js';
import type { ArchiveSurvey } from './survey.js';
import { v1Ids } from './v1-ids.js';
import { verified } from './verify.js';

type V1Layer = Extract<ArchiveEntry, { type: 'v1Layer' }>;

/**
 * The wanted blobs of one image out of its own save, each once, in the engine's order, proved as they pass. Stops
 * reading when all have come. Throws `BLOB_MISSING` for what never came, `DIGEST_MISMATCH` for what is another,
 * and `ARCHIVE_INVALID` with reason `v1-names` where old Docker's names are not the computed ones.
 */
export function exportedBlobs(
  entries: AsyncIterable<ArchiveEntry>,
  image: ImageDescription,
  wanted: ReadonlySet<Digest>,
): AsyncGenerator<BlobStream, void, undefined> {
  return pickBlobs(entries, wanted, v1LayerDigests(image));
}

/** The wanted blobs out of an archive that was surveyed before, as `exportedBlobs` gives them. */
export function surveyedBlobs(
  entries: AsyncIterable<ArchiveEntry>,
  survey: Pick<ArchiveSurvey, 'blobs'>,
  wanted: ReadonlySet<Digest>,
): AsyncGenerator<BlobStream, void, undefined> {
  const digests = new Map([...survey.blobs].map(([digest, { name }]) => [name, digest]));
  return pickBlobs(entries, wanted, ({ name }) => digests.get(name));
}

async function* pickBlobs(
  entries: AsyncIterable<ArchiveEntry>,
  wanted: ReadonlySet<Digest>,
  digestOfV1Layer: (entry: V1Layer) => Digest | undefined,
): AsyncGenerator<BlobStream, void, undefined> {
  const missing = new Set(wanted);
  if (missing.size === 0) return;
  for await (const entry of entries) {
    if (!('content' in entry)) continue;
    const digest = entry.type === 'v1Layer' ? digestOfV1Layer(entry) : entry.digest;
    if (digest === undefined || !missing.delete(digest)) continue;
    yield { digest, size: entry.size, offset: 0, content: verified(entry.content, digest, entry.size) };
    if (missing.size === 0) return;
  }
  throw blobMissing([...missing]);
}

/** All names but the topmost layer's are computed; the first that is none of them is the topmost's. */
function v1LayerDigests({ layers }: ImageDescription): (entry: V1Layer) => Digest {
  const ids = v1Ids(layers.map(({ diffId }) => diffId));
  const digests = new Map<string, Digest>();
  for (const [index, { digest }] of layers.entries()) {
    const id = ids[index];
    if (id !== undefined) digests.set(id, digest);
  }
  const top = layers.at(-1)?.digest;
  // A layer that is also further down is a link on top.
  const leftOver = [...digests.values()].some((digest) => digest === top) ? [] : [top];
  return ({ v1Id, name }) => {
    const digest = digests.get(v1Id) ?? leftOver.pop();
    if (digest === undefined)
      throw new P2pimgError('ARCHIVE_INVALID', `no layer of the image is named ${name}`, {
        entry: name,
        reason: 'v1-names',
      });
    return digest;
  };
}
