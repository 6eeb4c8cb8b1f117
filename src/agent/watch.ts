import { once } from 'node:events';
import type { GetEvent, GetRequest, PeerName } from '../control/api.js';
import type { WatchEvent, WatchRequest } from '../control/watching.js';
import type { Engine } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import type { Catalogue } from './catalogue.js';
import type { Neighbourhood } from './neighbours.js';
import { Newer, type NewerImage } from './newer.js';
import type { SetAside } from './set-aside.js';

/** What is watched with. */
export interface WatchOptions {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly neighbourhood: Neighbourhood;
  readonly aside: SetAside;
  readonly get: (request: GetRequest, signal: AbortSignal) => AsyncIterable<GetEvent>;
}

/**
 * Gets the images that patterns match, as newer ones appear at the peers, one after the other; goes on until the signal
 * and then throws `INTERRUPTED`, or with `once` until the first came. Throws `NO_TEAM`.
 */
export async function* watch(
  request: WatchRequest,
  { engine, catalogue, neighbourhood, aside, get }: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  if (neighbourhood.isTeamless) throw new P2pimgError('NO_TEAM', 'this device is in no team');
  const platform =
    request.platform === undefined ? (await engine.identify()).platform : parsePlatform(request.platform);
  const newer = new Newer(request.patterns, platform);
  const changes = new Changes(neighbourhood, catalogue, () => newer.forgive());
  try {
    await neighbourhood.settled();
    changes.taken();
    const trusted = () => neighbourhood.all().filter(({ peerId }) => !aside.has(peerId));
    const look = async () => newer.among(trusted(), await ours(catalogue));
    let found = await look();
    if (request.onlyNew) for (const image of found) newer.settle(image);
    const { patterns } = request;
    yield { type: 'watching', patterns, peers: neighbourhood.all().length, newer: found.length };
    if (request.onlyNew) found = [];
    for (;;) {
      for (const image of found) {
        yield coming(image);
        const event = await getOne(image, request.platform, get, signal);
        if (event.type === 'failed') {
          newer.failed(image, event.facts.peer);
          changes.note(); // perhaps another has it
        } else newer.settle(image);
        yield event;
        if (request.once && event.type === 'got') return;
      }
      await changes.next(signal);
      found = await look().catch(() => []); // the engine is away, and its return is a change
    }
  } finally {
    changes.close();
  }
}

async function ours(catalogue: Catalogue) {
  await catalogue.refresh();
  if (catalogue.state?.type === 'down') throw catalogue.state.error;
  return catalogue.images;
}

async function getOne(
  { name, id, image, from }: NewerImage,
  platform: string | undefined,
  get: WatchOptions['get'],
  signal: AbortSignal,
): Promise<WatchEvent> {
  try {
    for await (const event of get({ image: name, platform, from }, signal)) {
      if (event.type !== 'done') continue;
      const { type: _, already: __, ...outcome } = event;
      return { type: 'got', size: image.size, ...outcome };
    }
    throw new P2pimgError('UNEXPECTED', 'the get ended without an end');
  } catch (error) {
    if (signal.aborted) throw asP2pimgError(signal.reason);
    const { code, message, facts } = asP2pimgError(error);
    return { type: 'failed', image: name, id, code, message, facts };
  }
}

function coming({ name, id, image, holders }: NewerImage): WatchEvent {
  const peers = holders.map((holder): PeerName => ({ name: holder.name, id: holder.peerId }));
  return { type: 'coming', image: name, id, size: image.size, created: image.created, peers };
}

/** Whether something changed at the peers, or at the engine, since it was last asked. */
class Changes {
  readonly #neighbourhood: Neighbourhood;
  readonly #catalogue: Catalogue;
  readonly #engineIsBack: () => void;
  #changed = false;
  #engine: 'up' | 'down' = 'up';

  constructor(neighbourhood: Neighbourhood, catalogue: Catalogue, engineIsBack: () => void) {
    this.#neighbourhood = neighbourhood;
    this.#catalogue = catalogue;
    this.#engineIsBack = engineIsBack;
    neighbourhood.events.on('changed', this.note);
    catalogue.events.on('engine', this.#noteEngine);
  }

  taken(): void {
    this.#changed = false;
  }

  /** Something has changed. */
  readonly note = (): void => {
    this.#changed = true;
  };

  /** Resolves when something has; throws with the signal. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw asP2pimgError(signal.reason);
    if (!this.#changed) await once(this.#neighbourhood.events, 'changed', { signal });
    this.#changed = false;
  }

  close(): void {
    this.#neighbourhood.events.off('changed', this.note);
    this.#catalogue.events.off('engine', this.#noteEngine);
  }

  readonly #noteEngine = (): void => {
    const before = this.#engine;
    this.#engine = this.#catalogue.state?.type ?? 'up';
    if (before === 'up' || this.#engine === 'down') return;
    this.#engineIsBack();
    this.#neighbourhood.events.emit('changed');
  };
}
