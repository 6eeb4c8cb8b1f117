import { EventEmitter, on } from 'node:events';
import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription, ListedImage } from '../../image/image.js';
import { normalisePlatform, type Platform } from '../../image/platform.js';
import { familiarRepository, type Reference } from '../../image/reference.js';
import type { Endpoint } from '../find.js';
import type { Engine, EngineEvent, EngineIdentity, Holding, PullProgress } from '../port.js';
import { DockerClient } from './client.js';
import { describeClassic } from './describe-classic.js';
import { ContainerdDescriber } from './describe-containerd.js';
import { followEvents } from './events.js';
import { holdClassic, holdContainerd, holdPodman, type LayersMemory } from './hold.js';
import { listClassic, listContainerd, type PlatformMemory } from './listing.js';
import { loadBlobs } from './load.js';
import { pullImage } from './pull.js';
import { saveBlobs } from './save.js';
import { sweepTemporary } from './temporary.js';

/** Docker, with either of its image stores, or Podman, through the Docker Engine API. */
export class DockerEngine implements Engine {
  readonly #client: DockerClient;
  readonly #describer: ContainerdDescriber;
  readonly #platforms: PlatformMemory = new Map();
  readonly #layers: LayersMemory = new Map();
  readonly #emitter = new EventEmitter<{ event: [EngineEvent] }>();
  readonly #closed = new AbortController();
  #identity: Promise<EngineIdentity> | undefined;
  #learning: Promise<void> | undefined;

  constructor(endpoint: Endpoint) {
    this.#client = new DockerClient(endpoint);
    this.#describer = new ContainerdDescriber(this.#client);
  }

  /** Asked once, and again after the engine was away: it may be another version then. */
  identify(): Promise<EngineIdentity> {
    this.#identity ??= identify(this.#client).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  async list(): Promise<ListedImage[]> {
    const { store, platform } = await this.identify();
    if (store !== 'containerd') return listClassic(this.#client, this.#platforms);
    const images = await listContainerd(this.#client, this.#platforms, (id) =>
      this.#describer.configDigestOf(id, platform),
    );
    this.#learning ??= this.#learn(images, platform).finally(() => {
      this.#learning = undefined;
    });
    return images;
  }

  async describe(id: Digest, platform: Platform, signal: AbortSignal): Promise<ImageDescription> {
    const { store } = await this.identify();
    return store === 'containerd'
      ? this.#describer.describe(id, platform, signal)
      : describeClassic(this.#client, id, platform);
  }

  async hold(
    image: ImageDescription,
    signal: AbortSignal,
    alike: readonly ImageDescription[] = [],
  ): Promise<Holding> {
    const { store } = await this.identify();
    switch (store) {
      case 'classic':
        return holdClassic(this.#client, image, this.#layers);
      case 'containerd':
        return holdContainerd(this.#client, image, this.#describer.known(), alike, signal);
      default:
        return holdPodman(this.#client, image, this.#layers);
    }
  }

  export(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncIterable<BlobStream> {
    return saveBlobs(this.#client, image, wanted, signal);
  }

  async import(
    image: ImageDescription,
    held: Holding['layers'],
    blobs: AsyncIterable<BlobStream>,
    signal: AbortSignal,
  ): Promise<Digest> {
    const { store } = await this.identify();
    return loadBlobs(this.#client, store, image, held, blobs, signal);
  }

  async tag(id: Digest, reference: Reference): Promise<Digest | undefined> {
    const repository = familiarRepository(reference);
    const { tag = 'latest' } = reference;
    const before = await this.#idOf(`${repository}:${tag}`);
    if (before === id) return undefined;
    await this.#client.tag(id, repository, tag);
    const after = await this.#idOf(`${repository}:${tag}`);
    if (after !== id)
      throw new P2pimgError(
        'IMPORT_UNPROVED',
        `${repository}:${tag} is ${after ?? 'nothing'} after it was tagged`,
        { wanted: id, got: after },
      );
    return before;
  }

  pull(
    reference: Reference,
    platform: Platform,
    signal: AbortSignal,
    tell: (progress: PullProgress) => void,
  ): Promise<Digest> {
    return pullImage(this.#client, reference, platform, signal, tell);
  }

  async *events(signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    const events = on(this.#emitter, 'event', { signal: until });
    void this.#follow(until);
    try {
      for await (const [event] of events) yield event as EngineEvent;
    } catch (error) {
      if (!until.aborted) throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#learning; // it takes its temporary names away again
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const event of followEvents(this.#client, signal)) {
      if (event.type !== 'changed') this.#identity = undefined;
      this.#emitter.emit('event', event);
    }
  }

  async #idOf(name: string): Promise<Digest | undefined> {
    try {
      return (await this.#client.inspect(name)).Id;
    } catch (error) {
      if (error instanceof P2pimgError && error.code === 'IMAGE_UNKNOWN') return undefined;
      throw error;
    }
  }

  /** Finds out the config digests of listed images one by one, and says that the list changed when it knows more. */
  async #learn(images: readonly ListedImage[], platform: Platform): Promise<void> {
    let learnt = 0;
    for (const { id, configDigest, references } of images) {
      if (configDigest !== undefined || references.length === 0 || !this.#describer.isCheap) continue;
      if (this.#closed.signal.aborted) return;
      await this.#describer.describe(id, platform, this.#closed.signal).then(
        () => learnt++,
        () => undefined, // for another platform only, or deleted since: asked again when somebody wants it
      );
    }
    if (learnt > 0) this.#emitter.emit('event', { type: 'changed' });
  }
}

async function identify(client: DockerClient): Promise<EngineIdentity> {
  const [version, info] = await Promise.all([client.version(), client.info()]);
  const isPodman = version.Components?.some(({ Name }) => Name === 'Podman Engine') ?? false;
  const isContainerd =
    info.DriverStatus?.some(
      ([key, value]) => key === 'driver-type' && value === 'io.containerd.snapshotter.v1',
    ) ?? false;
  await sweepTemporary(client);
  return {
    kind: isPodman ? 'podman' : 'docker',
    version: version.Version,
    store: isPodman ? 'podman' : isContainerd ? 'containerd' : 'classic',
    address: client.endpoint.address,
    platform: normalisePlatform({
      os: info.OSType ?? 'linux',
      architecture: info.Architecture ?? process.arch,
    }),
  };
}
