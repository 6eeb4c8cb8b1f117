import type { Digest } from '../../image/digest.js';
import type { HeldLayer, ImageDescription, StoredManifest } from '../../image/image.js';
import type { Reference } from '../../image/reference.js';
import type { Puller } from '../port.js';
import type { DockerClient } from './client.js';
import { pullImage } from './loopback/pull.js';
import type { Loopback } from './loopback/push.js';
import { prove } from './prove.js';

/** Gives a pulled image its name; resolves to the ID that had it before. */
type Name = (manifest: StoredManifest, reference: Reference) => Promise<Digest | undefined>;

/**
 * How a containerd store pulls an image: not without its manifest, and not where a layer is here under another digest. The
 * engine would unpack nothing for that and not ask for its blob either, so that the image could not be given on.
 */
export async function pullerOf(
  loopback: Loopback,
  image: ImageDescription,
  known: Iterable<ImageDescription>,
  name: Name,
): Promise<Puller | undefined> {
  const { client } = loopback;
  const { manifest } = image;
  if (manifest === undefined) return undefined;
  const held = await layersHere(client, image, known);
  if (held === undefined) return undefined;
  return {
    held,
    pull: (read, reference, signal) =>
      pullImage(loopback, { ...image, manifest }, read, signal, async () => {
        await prove(client, 'containerd', manifest.digest, image, manifest.digest);
        return { id: manifest.digest, replaced: await name(manifest, reference) };
      }),
  };
}

/** The layers that images here have in the same blobs; `undefined` where they have one of them in another. */
async function layersHere(
  client: DockerClient,
  image: ImageDescription,
  known: Iterable<ImageDescription>,
): Promise<Map<Digest, HeldLayer> | undefined> {
  const ids = new Set((await client.images('plain')).map(({ Id }) => Id));
  const digests = new Map<Digest, Set<Digest>>();
  for (const { id, layers } of known)
    if (ids.has(id))
      for (const { diffId, digest } of layers)
        digests.set(diffId, (digests.get(diffId) ?? new Set()).add(digest));

  const held = new Map<Digest, HeldLayer>();
  for (const { diffId, digest, mediaType, size = 0 } of image.layers) {
    const here = digests.get(diffId);
    if (here?.has(digest)) held.set(diffId, { type: 'blob', blob: { digest, mediaType, size } });
    else if (here !== undefined) return undefined;
  }
  return held;
}
