import type { GetEvent, GetRequest, PeerName } from '../control/api.js';
import type { Engine } from '../engine/port.js';
import { P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { type Platform, parsePlatform, platformMatches, platformText } from '../image/platform.js';
import { canonical, familiar, type Reference } from '../image/reference.js';
import { parseSelector, type Selector } from '../image/selector.js';
import { receive } from '../transfer/receive.js';
import type { Source } from '../transfer/source.js';
import type { Catalogue } from './catalogue.js';
import { ask, type Choice, catalogueInTime, choose, identityOf } from './choose.js';
import { engineText } from './engine-text.js';
import { ImageSources } from './image-sources.js';
import type { Neighbour, Neighbourhood } from './neighbours.js';
import { similar } from './similar.js';
import { Telling } from './telling.js';

/** What an image is got with. */
export interface GetterOptions {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly neighbourhood: Neighbourhood;
  readonly patienceMs: number;
}

const catalogueMs = 1_500;

type Emit = (event: GetEvent) => void;

/** Gets images: from the question who has it to the proof that it is here. */
export class Getter {
  readonly #options: GetterOptions;

  constructor(options: GetterOptions) {
    this.#options = options;
  }

  /** One image, from the first look to `done`. */
  async get(request: GetRequest, emit: Emit, signal: AbortSignal): Promise<void> {
    const startedAt = Date.now();
    const { engine, catalogue, neighbourhood, patienceMs } = this.#options;
    const selector = parseSelector(request.image);
    const name = selector.reference === undefined ? selector.text : familiar(selector.reference);
    const identity = await engine.identify();
    const platform = request.platform === undefined ? identity.platform : parsePlatform(request.platform);
    emit({ type: 'looking', image: name });

    const choice = await this.#find(selector, platform, request.from, name);
    const reference = nameFor(selector, choice.image);
    const local = await this.#local(choice, platform);
    if (local !== undefined) {
      const replaced = reference === undefined ? undefined : await engine.tag(local.id, reference);
      await catalogue.refresh();
      emit({
        type: 'done',
        image: name,
        configDigest: identityOf(choice.image),
        id: local.id,
        already: true,
        received: 0,
        wire: 0,
        reused: 0,
        durationMs: Date.now() - startedAt,
        replaced,
      });
      return;
    }

    const [first] = choice.holders;
    const only = request.from === undefined ? undefined : first?.peerId;
    const sources = new ImageSources(neighbourhood, choice.image, byLoad(choice.holders), only);
    const telling = new Telling(emit, name, sources, engineText(identity), patienceMs);
    const { configDigest } = choice.image;
    const asked = { image: configDigest ?? choice.image.id, platform, configDigest };
    const received = await receive(engine, sources, asked, reference, { name, patienceMs, signal }, telling);
    await catalogue.refresh();
    emit({
      type: 'done',
      image: name,
      configDigest: received.image.configDigest,
      id: received.id,
      already: false,
      peer: peerName(received.source),
      received: telling.bytes,
      wire: received.wire,
      reused: received.reused,
      durationMs: Date.now() - startedAt,
      replaced: received.replaced,
    });
  }

  /** Who has it: those whose filter says perhaps are asked first, and when none of them has it, all others too. */
  async #find(
    selector: Selector,
    platform: Platform,
    from: string | undefined,
    name: string,
  ): Promise<Choice> {
    const { neighbourhood } = this.#options;
    await neighbourhood.settled();
    const everyone = from === undefined ? neighbourhood.all() : [namedPeer(neighbourhood.all(), from)];
    const item = selector.reference === undefined ? selector.text : canonical(selector.reference);
    const likely = new Set(neighbourhood.matching(item).map(({ peerId }) => peerId));
    let found = await ask(
      everyone.filter(({ peerId }) => likely.has(peerId)),
      selector,
      catalogueMs,
    );
    if (found.length === 0) found = await ask(everyone, selector, catalogueMs, 'fresh');
    const choice = choose(found, platform);
    if (choice === undefined) throw await this.#nobody(name, everyone, from);
    if ('otherPlatforms' in choice)
      throw new P2pimgError(
        'OTHER_PLATFORM',
        `${name} is on this network, but not for ${platformText(platform)}`,
        {
          image: name,
          platform: platformText(platform),
          offered: [...new Set(choice.otherPlatforms.map(platformText))],
          peer: [...new Set(found.map(({ neighbour }) => neighbour.name))].join(', '),
        },
      );
    return choice;
  }

  async #nobody(name: string, asked: readonly Neighbour[], from: string | undefined): Promise<P2pimgError> {
    const catalogues = await Promise.all(asked.map((neighbour) => catalogueInTime(neighbour, catalogueMs)));
    const offered = catalogues.flat().flatMap(({ references }) => references.map(familiar));
    return new P2pimgError('NOBODY_HAS_IT', `nobody on this network has ${name}`, {
      image: name,
      asked: asked.map((neighbour) => neighbour.name),
      similar: similar(name, offered),
      otherTeams: this.#options.neighbourhood.otherTeams(),
      from,
      team: this.#options.neighbourhood.isTeamless ? 'none' : undefined,
    });
  }

  /** The chosen image, if this device has it already. */
  async #local({ image }: Choice, platform: Platform): Promise<ListedImage | undefined> {
    const { catalogue } = this.#options;
    await catalogue.refresh();
    if (catalogue.state?.type === 'down') throw catalogue.state.error;
    return catalogue.images.find(
      (ours) =>
        (ours.id === image.id ||
          (ours.configDigest !== undefined && ours.configDigest === image.configDigest)) &&
        ours.platforms.some((present) => platformMatches(present, platform)),
    );
  }
}

/** The name that the image gets here: what it was asked for by, without a digest; none where that was its ID. */
function nameFor({ reference }: Selector, { references }: ListedImage): Reference | undefined {
  if (reference?.tag === undefined) return undefined;
  const { domain, path, tag } = reference;
  const wanted = canonical({ domain, path, tag });
  return references.find((one) => canonical(one) === wanted);
}

/** The neighbour of this name, or whose ID begins so; `PEER_UNKNOWN`, `SELECTOR_AMBIGUOUS`. */
function namedPeer(all: readonly Neighbour[], from: string): Neighbour {
  const named = all.filter(
    ({ name, peerId }) => name === from || (from.length >= 6 && peerId.startsWith(from)),
  );
  const [found] = named;
  if (found === undefined)
    throw new P2pimgError('PEER_UNKNOWN', `no peer ${from} on this network`, {
      peer: from,
      peers: all.map(({ name }) => name),
    });
  if (named.length > 1)
    throw new P2pimgError('SELECTOR_AMBIGUOUS', `${named.length} peers are called ${from}`, {
      peer: from,
      candidates: named.map(({ peerId }) => peerId.slice(0, 12)),
    });
  return found;
}

/** The idle ones first; among equals by chance, so that many receivers spread over many sources. */
function byLoad(holders: readonly Neighbour[]): Neighbour[] {
  const load = ({ session }: Neighbour) =>
    session.hello.uploads.active / Math.max(1, session.hello.uploads.limit);
  return holders
    .map((neighbour) => ({ neighbour, rank: load(neighbour) + Math.random() / 1000 }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ neighbour }) => neighbour);
}

const peerName = ({ peer }: Source): PeerName => ({ name: peer.name, id: peer.id });
