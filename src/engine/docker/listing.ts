import type { Digest } from '../../image/digest.js';
import type { ListedImage } from '../../image/image.js';
import { isImageManifest } from '../../image/manifest.js';
import { normalisePlatform, type Platform } from '../../image/platform.js';
import { parseReference, type Reference } from '../../image/reference.js';
import type { ApiImage, DockerClient } from './client.js';
import { isTemporary } from './temporary.js';

/** Platforms by image ID: an ID's content never changes, so each is inspected once. */
export type PlatformMemory = Map<Digest, readonly Platform[]>;

/** Lists a classic store's or Podman's images, where the ID is the config digest. */
export async function listClassic(client: DockerClient, memory: PlatformMemory): Promise<ListedImage[]> {
  const images = await client.images('plain');
  forgetAllBut(memory, images);
  const listed: ListedImage[] = [];
  for (const image of images) {
    const platforms = memory.get(image.Id) ?? (await inspectPlatform(client, image.Id));
    if (platforms === undefined) continue; // deleted since
    memory.set(image.Id, platforms);
    listed.push({ ...listedImage(image, platforms), configDigest: image.Id });
  }
  return listed;
}

/** Lists a containerd store's images, where the ID is a manifest's or an index's digest. */
export async function listContainerd(
  client: DockerClient,
  memory: PlatformMemory,
  configDigestOf: (id: Digest) => Digest | undefined,
): Promise<ListedImage[]> {
  const images = await client.images('manifests');
  forgetAllBut(memory, images);
  const listed: ListedImage[] = [];
  for (const image of images) {
    const platforms =
      availablePlatforms(image) ?? memory.get(image.Id) ?? (await inspectPlatform(client, image.Id));
    // Deleted since, or an index of which no platform is here: there is nothing to give.
    if (platforms === undefined || platforms.length === 0) continue;
    memory.set(image.Id, platforms);
    const configDigest = configDigestOf(image.Id);
    const size = contentSize(image) ?? image.Size;
    listed.push({ ...listedImage(image, platforms), size, ...(configDigest && { configDigest }) });
  }
  return listed;
}

/** Bytes of the blobs that are there; what the engine calls the size counts the unpacked files too. */
function contentSize({ Manifests }: ApiImage): number | undefined {
  return Manifests?.reduce((sum, { Kind, Size }) => sum + (Kind === 'image' ? Size.Content : 0), 0);
}

/** The platforms whose blobs are all there, where the engine tells (API 1.47). */
function availablePlatforms({ Manifests }: ApiImage): Platform[] | undefined {
  if (Manifests === undefined || Manifests === null || Manifests.length === 0) return undefined;
  return Manifests.filter(
    ({ Kind, Available, Descriptor }) => Kind === 'image' && Available && isImageManifest(Descriptor),
  )
    .map(({ ImageData }) => ImageData?.Platform)
    .filter((platform) => platform !== undefined)
    .map(normalisePlatform);
}

async function inspectPlatform(client: DockerClient, id: Digest): Promise<Platform[] | undefined> {
  try {
    const { Os, Architecture, Variant } = await client.inspect(id);
    return [normalisePlatform({ os: Os, architecture: Architecture, variant: Variant })];
  } catch (error) {
    if ((error as { code?: string }).code === 'IMAGE_UNKNOWN') return undefined;
    throw error;
  }
}

function listedImage(image: ApiImage, platforms: readonly Platform[]): ListedImage {
  return {
    id: image.Id,
    references: (image.RepoTags ?? []).flatMap(readTag),
    platforms,
    size: image.Size,
    created: image.Created > 0 ? new Date(image.Created * 1000).toISOString() : undefined,
  };
}

/** A tag as a reference; `<none>:<none>`, our temporary names, and what Docker itself would not parse are none. */
function readTag(tag: string): Reference[] {
  try {
    const reference = parseReference(tag);
    return isTemporary(reference) ? [] : [reference];
  } catch {
    return [];
  }
}

function forgetAllBut(memory: PlatformMemory, images: readonly ApiImage[]): void {
  const present = new Set(images.map(({ Id }) => Id));
  for (const id of memory.keys()) if (!present.has(id)) memory.delete(id);
}
