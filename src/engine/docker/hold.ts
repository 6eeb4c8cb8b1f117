import { chainIds } from '../../image/chain.js';
import type { Digest } from '../../image/digest.js';
import type { HeldLayer, ImageDescription, Layer } from '../../image/image.js';
import { type Descriptor, mediaTypes } from '../../image/manifest.js';
import { type Holding, holdsNothing } from '../port.js';
import type { DockerClient } from './client.js';
import { probeBlobs } from './probe.js';

/** The diffIDs of an image's layers, by image ID, which never change. */
export type LayersMemory = Map<Digest, readonly Digest[]>;

/**
 * What a classic store holds: a layer is there if its chainID is, and what may be left out is a prefix of the chain.
 * Nothing keeps these layers meanwhile, so the load may still find one missing.
 */
export async function holdClassic(
  client: DockerClient,
  image: ImageDescription,
  memory: LayersMemory,
): Promise<Holding> {
  const stacks = await localLayers(client, memory);
  const present = new Set([...stacks.values()].flatMap(chainIds));
  const chain = chainIds(image.layers.map(({ diffId }) => diffId));
  const missingFrom = chain.findIndex((chainId) => !present.has(chainId));
  const held = missingFrom < 0 ? image.layers : image.layers.slice(0, missingFrom);
  const above = new Set(image.layers.slice(held.length).map(({ diffId }) => diffId));
  const layers = new Map<Digest, HeldLayer>();
  // A layer that stands again above the first missing one must come for that place.
  for (const { diffId } of held) if (!above.has(diffId)) layers.set(diffId, { type: 'layer' });
  return { layers, release: async () => undefined };
}

/**
 * What Podman holds: a layer is there if any of its images has one of that diffID, wherever in its chain. In the archive
 * it stands as an uncompressed blob; Podman looks that up by its digest, and never reads the size.
 */
export async function holdPodman(
  client: DockerClient,
  image: ImageDescription,
  memory: LayersMemory,
): Promise<Holding> {
  const present = new Set([...(await localLayers(client, memory)).values()].flat());
  const layers = new Map<Digest, HeldLayer>();
  for (const { diffId } of image.layers)
    if (present.has(diffId))
      layers.set(diffId, { type: 'blob', blob: { mediaType: mediaTypes.ociLayer, digest: diffId, size: 0 } });
  return { layers, release: async () => undefined };
}

/** The diffIDs of every image here, in chain order, by the image's ID. */
export async function localLayers(
  client: DockerClient,
  memory: LayersMemory,
): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
  const ids = new Set((await client.images('plain')).map(({ Id }) => Id));
  for (const id of memory.keys()) if (!ids.has(id)) memory.delete(id);
  return new Map(
    await Promise.all([...ids].map(async (id) => [id, await layersOf(client, id, memory)] as const)),
  );
}

async function layersOf(client: DockerClient, id: Digest, memory: LayersMemory): Promise<readonly Digest[]> {
  const known = memory.get(id);
  if (known !== undefined) return known;
  try {
    const layers = (await client.inspect(id)).RootFS.Layers ?? [];
    memory.set(id, layers);
    return layers;
  } catch (error) {
    if ((error as { code?: string }).code === 'IMAGE_UNKNOWN') return []; // deleted since
    throw error;
  }
}

/**
 * What a containerd store holds: a layer is there if a blob for its diffID is, the offered one or another that some
 * image of ours has for it. Of what is there, first comes what is offered and known here to be of that diffID, so that
 * the source's own manifest stays whole; then what is known here; then what only the offer says. What is found is kept
 * from being collected until `release`.
 */
export async function holdContainerd(
  client: DockerClient,
  image: ImageDescription,
  known: Iterable<ImageDescription>,
  alike: readonly ImageDescription[],
  signal: AbortSignal,
): Promise<Holding> {
  const diffIds = new Set(image.layers.map(({ diffId }) => diffId));
  const offered = [image, ...alike].flatMap(({ layers }) => layers);
  const ours = [...known].flatMap(({ layers }) => layers).filter(({ diffId }) => diffIds.has(diffId));
  const isIn = (layers: readonly Layer[], one: Layer) =>
    layers.some(({ diffId, digest }) => diffId === one.diffId && digest === one.digest);
  const candidates = new Map<Digest, { readonly diffId: Digest; readonly blob: Descriptor }>();
  for (const layer of [...image.layers.filter((one) => isIn(ours, one)), ...ours, ...offered]) {
    const { diffId, mediaType, digest, size } = layer;
    if (size !== undefined && !candidates.has(digest))
      candidates.set(digest, { diffId, blob: { mediaType, digest, size } });
  }
  if (candidates.size === 0) return holdsNothing;

  const { present, release } = await probeBlobs(
    client,
    [...candidates.values()].map(({ blob }) => blob),
    signal,
  );
  const layers = new Map<Digest, HeldLayer>();
  for (const [digest, { diffId, blob }] of candidates)
    if (present.has(digest) && !layers.has(diffId)) layers.set(diffId, { type: 'blob', blob });
  return { layers, release };
}
