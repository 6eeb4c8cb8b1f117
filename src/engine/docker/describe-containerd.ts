import { BoundedMap } from '../../bounded-map.js';
import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription, StoredManifest } from '../../image/image.js';
import { isImageManifest, type Manifest, parseManifest } from '../../image/manifest.js';
import { normalisePlatform, type Platform, platformMatches, platformText } from '../../image/platform.js';
import type { Lane } from '../port.js';
import type { ApiInspection, ApiManifest } from './client.js';
import { otherPlatform } from './describe-classic.js';
import { pushManifests } from './loopback/manifests.js';
import { type Loopback, pushableOf } from './loopback/push.js';
import { surveySave } from './save.js';

/** Descriptions are kept for so many images; an image ID and a platform always mean the same. */
const maximumRemembered = 1000;

/**
 * Describes images of the containerd store. No call of the API tells what blobs an image consists of, so the cheapest
 * way is taken that works: remembered; a push of the manifests to the loopback interface; one silent pass over a save.
 */
export class ContainerdDescriber {
  readonly #loopback: Loopback;
  readonly #remembered = new BoundedMap<string, ImageDescription>(maximumRemembered);
  readonly #pulled = new BoundedMap<Digest, StoredManifest>(maximumRemembered);
  readonly #lane: () => Promise<Lane>;

  constructor(loopback: Loopback, lane: () => Promise<Lane>) {
    this.#loopback = loopback;
    this.#lane = lane;
  }

  /** The config digest of an image for its one platform or ours, if it was described before. */
  configDigestOf(id: Digest, platform: Platform): Digest | undefined {
    return this.#remembered.get(key(id, platform))?.configDigest;
  }

  /** All images that were described before. */
  known(): Iterable<ImageDescription> {
    return this.#remembered.values();
  }

  /** The engine pulled this manifest, proved: it need not push it to us. */
  pulled(manifest: StoredManifest): void {
    this.#pulled.set(manifest.digest, manifest);
  }

  /** Whether describing an image costs little here: then it is done for all images beforehand. */
  async isCheap(): Promise<boolean> {
    return (await this.#lane()).name === 'loopback';
  }

  async describe(id: Digest, asked: Platform, signal: AbortSignal): Promise<ImageDescription> {
    const inspection = await this.#loopback.client.inspect(id, 'manifests');
    const platform = availablePlatform(inspection, asked);
    const known = this.#remembered.get(key(inspection.Id, platform));
    if (known !== undefined) return known;
    const description =
      (await this.#byLoopback(inspection, platform, signal)) ??
      (await this.#bySurvey(inspection, platform, signal));
    this.#remembered.set(key(inspection.Id, platform), description);
    this.#pulled.delete(inspection.Id);
    return description;
  }

  async #byLoopback(
    inspection: ApiInspection,
    platform: Platform,
    signal: AbortSignal,
  ): Promise<ImageDescription | undefined> {
    const pushed = (await this.isCheap()) ? pushableOf(inspection, platform) : undefined;
    if (pushed === undefined) return undefined;
    const pulled = this.#pulled.get(inspection.Id);
    let manifests: readonly StoredManifest[];
    try {
      manifests = pulled ? [pulled] : await pushManifests(this.#loopback, pushed, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
    const isIndex = pushed.platform !== undefined;
    const { RootFS, Created } = isIndex
      ? await this.#loopback.client.inspect(inspection.Id, platform)
      : inspection;
    for (const stored of manifests) {
      const parsed = parseManifest(stored.json);
      if (parsed.type === 'index' || parsed.manifest.layers.length !== RootFS.Layers?.length) continue;
      return assemble(inspection.Id, platform, Created, RootFS.Layers, stored, parsed.manifest);
    }
    return undefined;
  }

  async #bySurvey(
    inspection: ApiInspection,
    platform: Platform,
    signal: AbortSignal,
  ): Promise<ImageDescription> {
    const { images } = await surveySave(this.#loopback.client, inspection.Id, signal);
    const found = images.find(({ image }) => platformMatches(image.platform, platform));
    if (found === undefined)
      throw new P2pimgError('BLOB_MISSING', `the engine's copy of ${inspection.Id} is incomplete`, {
        image: inspection.Id,
      });
    return { ...found.image, id: inspection.Id };
  }
}

const key = (id: Digest, platform: Platform): string => `${id} ${platformText(normalisePlatform(platform))}`;

/** The platform among those whose blobs are there that is the one asked for. */
function availablePlatform(inspection: ApiInspection, asked: Platform): Platform {
  const { Id, Manifests, Os, Architecture, Variant } = inspection;
  const available = Manifests?.filter(isAvailableImage).map(platformOf) ?? [
    { os: Os, architecture: Architecture, variant: Variant },
  ];
  const found = available.find((platform) => platformMatches(platform, asked));
  if (found === undefined) throw otherPlatform(Id, asked, available);
  return normalisePlatform(found);

  function platformOf({ ImageData }: ApiManifest): Platform {
    return ImageData?.Platform ?? { os: Os, architecture: Architecture, variant: Variant };
  }
}

const isAvailableImage = ({ Kind, Available, Descriptor }: ApiManifest): boolean =>
  Kind === 'image' && Available && isImageManifest(Descriptor);

function assemble(
  id: Digest,
  platform: Platform,
  created: string | undefined,
  diffIds: readonly Digest[],
  stored: StoredManifest,
  { config, layers }: Manifest,
): ImageDescription {
  return {
    id,
    configDigest: config.digest,
    platform,
    created,
    size: layers.reduce((sum, { size }) => sum + size, config.size),
    layers: layers.map(({ digest, mediaType, size }, index) => ({
      diffId: diffIds[index] as Digest,
      digest,
      mediaType,
      size,
    })),
    manifest: stored,
  };
}
