import { EventEmitter, on } from 'node:events';
import { P2pimgError } from '../../error.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription, ListedImage } from '../../image/image.js';
import { type Platform, platformMatches } from '../../image/platform.js';
import { familiarRepository, type Reference } from '../../image/reference.js';
import type { Endpoint } from '../find.js';
import type {
  BlobReader,
  Engine,
  EngineEvent,
  EngineIdentity,
  Holding,
  Lane,
  LaneChoice,
  Puller,
  PullProgress,
} from '../port.js';
import { DockerClient } from './client.js';
import { describeClassic } from './describe-classic.js';
import { ContainerdDescriber } from './describe-containerd.js';
import { followEvents } from './events.js';
import { exportBlobs, exportClassic } from './export.js';
import { holdClassic, holdContainerd, holdPodman, type LayersMemory, localLayers } from './hold.js';
import { identify } from './identify.js';
import { listClassic, listContainerd, type PlatformMemory } from './listing.js';
import { loadBlobs } from './load.js';
import { ClassicPusher } from './loopback/classic-push.js';
import { LaneFinder } from './loopback/lane.js';
import { type Loopback, pushableOf } from './loopback/push.js';
import { PushReader } from './loopback/push-reader.js';
import { LoopbackRegistry } from './loopback/registry.js';
import { pullerOf } from './pull.js';
import { pullFromRegistry } from './registry-pull.js';
import { saveBlobs } from './save.js';

/** How a person wants images to go in and out, and what only this device knows. */
export interface LaneOptions {
  readonly choice: LaneChoice;
  readonly secret: string;
}

/** Docker, with either of its image stores, or Podman, through the Docker Engine API. */
export class DockerEngine implements Engine {
  readonly #client: DockerClient;
  readonly #loopback: Loopback;
  readonly #lane: LaneFinder;
  readonly #describer: ContainerdDescriber;
  readonly #classic: ClassicPusher;
  readonly #platforms: PlatformMemory = new Map();
  readonly #layers: LayersMemory = new Map();
  readonly #emitter = new EventEmitter<{ event: [EngineEvent] }>();
  readonly #closed = new AbortController();
  #identity: Promise<EngineIdentity> | undefined;
  #learning: Promise<void> | undefined;

  constructor(endpoint: Endpoint, { choice, secret }: LaneOptions) {
    this.#client = new DockerClient(endpoint);
    this.#loopback = { client: this.#client, registry: new LoopbackRegistry(secret) };
    this.#lane = new LaneFinder(this.#loopback, choice);
    this.#classic = new ClassicPusher(this.#loopback);
    this.#describer = new ContainerdDescriber(this.#loopback, () => this.lane());
  }

  /** Asked once, and again after the engine was away: it may be another version then. */
  identify(): Promise<EngineIdentity> {
    this.#identity ??= identify(this.#client).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  async lane(): Promise<Lane> {
    const { store } = await this.identify();
    return this.#lane.find(store);
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
        await this.#learnKin(image, signal);
        return holdContainerd(this.#client, image, this.#describer.known(), alike, signal);
      default:
        return holdPodman(this.#client, image, this.#layers);
    }
  }

  async *export(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncGenerator<BlobStream> {
    const { store } = await this.identify();
    const isByLoopback = (await this.lane()).name === 'loopback';
    if (store === 'classic' && isByLoopback)
      return yield* exportClassic(this.#client, this.#classic, image, wanted, signal);
    const reader = await this.reader(image);
    if (reader === undefined) yield* saveBlobs(this.#client, image, wanted, signal);
    else yield* exportBlobs(this.#client, reader, image, wanted, signal);
  }

  async reader(image: ImageDescription): Promise<BlobReader | undefined> {
    const { store } = await this.identify();
    if (store !== 'containerd' || (await this.lane()).name !== 'loopback') return undefined;
    const pushed = pushableOf(await this.#client.inspect(image.id, 'manifests'), image.platform);
    return pushed && new PushReader(this.#loopback, pushed);
  }

  async puller(image: ImageDescription): Promise<Puller | undefined> {
    const { store, platform } = await this.identify();
    if (store !== 'containerd' || !platformMatches(image.platform, platform)) return undefined;
    if ((await this.lane()).name !== 'loopback') return undefined;
    return pullerOf(this.#loopback, image, this.#describer.known(), (manifest, reference) => {
      this.#describer.pulled(manifest);
      return this.tag(manifest.digest, reference);
    });
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
    return pullFromRegistry(this.#client, reference, platform, signal, tell);
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
    await Promise.all([this.#learning, this.#classic.close()]); // they take their temporary names away again
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const event of followEvents(this.#client, signal)) {
      if (event.type !== 'changed') this.#forget();
      this.#emitter.emit('event', event);
    }
  }

  #forget(): void {
    this.#identity = undefined;
    this.#lane.forget();
    this.#classic.forget();
  }

  async #idOf(name: string): Promise<Digest | undefined> {
    try {
      return (await this.#client.inspect(name)).Id;
    } catch (error) {
      if (error instanceof P2pimgError && error.code === 'IMAGE_UNKNOWN') return undefined;
      throw error;
    }
  }

  /**
   * Describes images here that have layers of another, where that costs little: their blobs may be held for it. As many
   * as it takes to know a blob for each such layer, and whichever may be that very image.
   */
  async #learnKin({ layers }: ImageDescription, signal: AbortSignal): Promise<void> {
    if (!(await this.#describer.isCheap())) return;
    const known = [...this.#describer.known()];
    const ids = new Set(known.map(({ id }) => id));
    const unknown = new Set(layers.map(({ diffId }) => diffId));
    for (const one of known) for (const { diffId } of one.layers) unknown.delete(diffId);
    const whole = layers.map(({ diffId }) => diffId).join();
    const { platform } = await this.identify();
    for (const [id, diffIds] of await localLayers(this.#client, this.#layers)) {
      if (ids.has(id) || !(diffIds.join() === whole || diffIds.some((diffId) => unknown.has(diffId))))
        continue;
      if (signal.aborted) return;
      const described = await this.#describer.describe(id, platform, signal).catch(() => undefined); // of use to nobody then
      for (const { diffId } of described?.layers ?? []) unknown.delete(diffId);
    }
  }

  /** Finds out the config digests of listed images one by one, and says that the list changed when it knows more. */
  async #learn(images: readonly ListedImage[], platform: Platform): Promise<void> {
    if (!(await this.#describer.isCheap())) return;
    let learnt = 0;
    for (const { id, configDigest, references } of images) {
      if (configDigest !== undefined || references.length === 0) continue;
      if (this.#closed.signal.aborted) return;
      await this.#describer.describe(id, platform, this.#closed.signal).then(
        () => learnt++,
        () => undefined, // for another platform only, or deleted since: asked again when somebody wants it
      );
    }
    if (learnt > 0) this.#emitter.emit('event', { type: 'changed' });
  }
}
