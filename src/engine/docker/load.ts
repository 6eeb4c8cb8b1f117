import { type ArchiveFormat, type WrittenArchive, writeArchive } from '../../archive/write.js';
import { asP2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import { type Digest, parseDigest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import type { EngineIdentity, Holding } from '../port.js';
import type { DockerClient } from './client.js';
import { readAnswer } from './json-lines.js';
import { prove } from './prove.js';
import { proveLayers } from './prove-layers.js';

type Store = EngineIdentity['store'];

/**
 * Loads an image without a name from the blobs that come, and proves that the engine has it whole. Resolves to the
 * engine's ID of it; if anything fails, an image that was not there before is not there afterwards either.
 */
export async function loadBlobs(
  client: DockerClient,
  store: Store,
  image: ImageDescription,
  held: Holding['layers'],
  blobs: AsyncIterable<BlobStream>,
  signal: AbortSignal,
): Promise<Digest> {
  const before = new Set((await client.images('plain')).map(({ Id }) => Id));
  const { written, answered } = await load(client, image, held, blobs, formatFor(store), signal);
  const id = store === 'containerd' ? written.rootDigest : image.configDigest;
  let loaded: string = id;
  try {
    // An engine that was given a lie may have made another image of it than was described.
    loaded = /sha256:[0-9a-f]{64}/.exec(await answered)?.[0] ?? id;
    if (signal.aborted) throw asP2pimgError(signal.reason);
    await prove(client, store, id, image, written.manifestDigest);
  } catch (error) {
    const isNew = !before.has(parseDigest(loaded));
    if (isNew) await client.remove(loaded).catch(() => undefined); // it may never have come to be
    throw error;
  }
  return id;
}

function formatFor(store: Store): ArchiveFormat {
  return store === 'podman'
    ? { type: 'oci', partialIndex: 'drop' }
    : { type: 'docker', partialIndex: 'keep' };
}

/** Sends the archive; resolves when it was read to its end, with what the engine answers still to come. */
async function load(
  client: DockerClient,
  image: ImageDescription,
  held: Holding['layers'],
  blobs: AsyncIterable<BlobStream>,
  format: ArchiveFormat,
  signal: AbortSignal,
): Promise<{ written: WrittenArchive; answered: Promise<string> }> {
  const proved = format.type === 'oci' ? proveLayers(blobs, image) : blobs;
  const { stream, result } = writeArchive(image, held, proved, format);
  const until = untilSent(signal);
  const answered = client.load(stream, until.signal).then((answer) => readAnswer(answer, client.endpoint));
  // Whoever fails first stops the other: a broken archive destroys the request, and an engine that refuses, the archive.
  answered.catch((error: Error) => stream.destroy(error));
  try {
    const written = await result;
    until.sent();
    return { written, answered };
  } catch (error) {
    await answered.catch(() => undefined);
    throw error;
  }
}

/** How long an engine that has the whole archive may take over it, once nobody wants the image any more. */
const lastPatienceMs = 15_000;

/**
 * Aborts at once while the archive is being sent. An engine that has all of it makes an image of it, whether somebody
 * listens or not: then its answer is waited for, so that the image can be taken away again.
 */
function untilSent(signal: AbortSignal): { readonly signal: AbortSignal; sent(): void } {
  const over = new AbortController();
  let patienceMs = 0;
  const stop = () => {
    const giveUp = () => over.abort(signal.reason);
    if (patienceMs === 0) giveUp();
    else setTimeout(giveUp, patienceMs).unref();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    signal: over.signal,
    sent: () => {
      patienceMs = lastPatienceMs;
    },
  };
}
