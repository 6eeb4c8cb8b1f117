import type { GetEvent, GetRequest, PeerName } from '../control/api.js';
import type { Engine } from '../engine/port.js';
import { P2pimgError } from '../error.js';
import { type Digest, hex, shortId } from '../image/digest.js';
import type { ListedImage } from '../image/image.js';
import { type Platform, parsePlatform, platformMatches, platformText } from '../image/platform.js';
import { canonical, familiar, parseReference, type Reference } from '../image/reference.js';
import { parseSelector, type Selector, select } from '../image/selector.js';
import { preview, receive } from '../transfer/receive.js';
import type { Room } from '../transfer/room.js';
import type { Source } from '../transfer/source.js';
import type { Catalogue } from './catalogue.js';
import { ask, type Choice, catalogueInTime, choose, hasId, identityOf } from './choose.js';
import { loaderText } from './engine-text.js';
import { ImageSources } from './image-sources.js';
import { namedPeer } from './named-peer.js';
import type { Neighbour } from './neighbour.js';
import type { Neighbourhood } from './neighbours.js';
import { rank, Throughput } from './rank.js';
import type { SetAside } from './set-aside.js';
import { similar } from './similar.js';
import { Telling } from './telling.js';

/** What an image is got with. */
export interface GetterOptions {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly neighbourhood: Neighbourhood;
  readonly patienceMs: number;
  readonly aside: SetAside;
  /** How much an image may bring now. */
  readonly room: () => Promise<Room>;
  /** Where images are kept, on a machine that has no container engine. */
  readonly embeddedStore: string | undefined;
}

const catalogueMs = 1_500;
/** Before it is said that nobody has an image: a peer that is slow is no peer that has nothing. */
const lastCatalogueMs = 6_000;

type Emit = (event: GetEvent) => void;

/** Gets images: from the question who has it to the proof that it is here. */
export class Getter {
  readonly #options: GetterOptions;
  readonly #throughput = new Throughput();

  constructor(options: GetterOptions) {
    this.#options = options;
  }

  /** One image, from the first look to `done`; where a liar was caught, once more without it. */
  get(request: GetRequest, emit: Emit, signal: AbortSignal): Promise<void> {
    const once = () => this.#once(request, emit, signal);
    return request.from === undefined ? this.#options.aside.without(once, signal) : once();
  }

  async #once(request: GetRequest, emit: Emit, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const { engine, catalogue, neighbourhood, patienceMs, aside } = this.#options;
    const selector = parseSelector(request.image);
    const name = selector.reference === undefined ? selector.text : familiar(selector.reference);
    const identity = await engine.identify();
    if (identity.kind === 'archives') throw noEngine(name, identity.address);
    const platform = request.platform === undefined ? identity.platform : parsePlatform(request.platform);
    emit({ type: 'looking', image: name, embeddedStore: this.#options.embeddedStore });

    const ours = this.#ours(); // while it is asked who has it
    ours.catch(() => undefined);
    const here = request.ifMissing ? namedIn(await ours, selector, platform) : undefined;
    if (here !== undefined) {
      emit(alreadyHere(name, here, startedAt, undefined));
      return;
    }
    const choice = await this.#find(selector, platform, request, name);
    const named = nameFor(selector, choice.image);
    const reference = request.as === undefined ? named : parseReference(request.as);
    const idPrefix = provableId(selector, named) ?? request.id?.replace(/^sha256:/, '');
    const nameHere = request.as === undefined || reference === undefined ? name : familiar(reference);
    const local = localIn(await ours, choice, platform, idPrefix);
    if (local !== undefined && !request.dryRun) {
      const replaced = reference === undefined ? undefined : await engine.tag(local.id, reference);
      void catalogue.refresh(); // who lists the images waits for it
      const { id } = local;
      emit(alreadyHere(nameHere, { ...choice.image, id }, startedAt, replaced));
      return;
    }

    const only = request.from === undefined ? undefined : choice.holders[0]?.peerId;
    const ranked = rank(choice.holders, (peerId) => this.#throughput.of(peerId));
    const sources = new ImageSources(neighbourhood, choice.image, ranked, only, aside, (peer) =>
      emit({ type: 'aside', peer }),
    );
    const telling = new Telling(emit, name, sources, choice.others, loaderText(identity), patienceMs);
    const { configDigest } = choice.image;
    const asked = {
      image: configDigest ?? choice.image.id,
      platform,
      configDigest,
      idPrefix,
    };
    const search = { name, patienceMs, signal, room: await this.#options.room() };
    if (request.dryRun) {
      await preview(engine, sources, asked, search, telling);
      return;
    }
    const received = await receive(engine, sources, asked, reference, search, telling).catch(
      (error: unknown) => {
        throw error instanceof P2pimgError && error.code === 'PEER_LOST'
          ? error.with({ received: telling.bytes })
          : error;
      },
    );
    this.#throughput.note(received.source.peer.id, telling.bytes, telling.activeMs);
    void catalogue.refresh(); // who lists the images waits for it
    emit({
      type: 'done',
      image: nameHere,
      configDigest: received.image.configDigest,
      id: received.id,
      already: false,
      peer: peerName(received.source),
      received: telling.bytes,
      wire: received.wire,
      reused: received.reused,
      durationMs: Math.round(performance.now() - startedAt),
      replaced: received.replaced,
    });
  }

  /** Who has it: those whose filter says perhaps are asked first, and when none of them has it, all others too. */
  async #find(
    selector: Selector,
    platform: Platform,
    { from, id }: GetRequest,
    name: string,
  ): Promise<Choice> {
    const { neighbourhood, aside } = this.#options;
    await neighbourhood.settled();
    const toAsk = () =>
      from === undefined
        ? neighbourhood.all().filter(({ peerId }) => !aside.has(peerId))
        : [namedPeer(neighbourhood, from)];
    let everyone = toAsk();
    const item = selector.reference === undefined ? selector.text : canonical(selector.reference);
    const likely = new Set(neighbourhood.matching(item).map(({ peerId }) => peerId));
    let found = await ask(
      everyone.filter(({ peerId }) => likely.has(peerId)),
      selector,
      catalogueMs,
    );
    if (found.length === 0) found = await ask(everyone, selector, lastCatalogueMs, 'fresh');
    if (found.length === 0 && neighbourhood.lacks(everyone)) {
      // Whoever did not answer is met anew, perhaps at another address.
      await neighbourhood.settled();
      everyone = toAsk();
      found = await ask(everyone, selector, lastCatalogueMs, 'fresh');
    }
    const choice = choose(found, platform, id);
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
    const isById = selector.idPrefix !== undefined && nameFor(selector, choice.image) === undefined;
    if (isById && choice.others.length > 0)
      throw new P2pimgError('SELECTOR_AMBIGUOUS', `several images have an ID that begins with ${name}`, {
        image: name,
        candidates: [choice.image, ...choice.others.map(({ image }) => image)].map((image) =>
          shortId(identityOf(image)),
        ),
      });
    return choice;
  }

  async #nobody(name: string, asked: readonly Neighbour[], from: string | undefined): Promise<P2pimgError> {
    const catalogues = await Promise.all(asked.map((neighbour) => catalogueInTime(neighbour, catalogueMs)));
    const offered = catalogues.flat().flatMap(({ references }) => references.map(familiar));
    return new P2pimgError('NOBODY_HAS_IT', `nobody on this network has ${name}`, {
      image: name,
      asked: asked.map((neighbour) => neighbour.name),
      similar: similar(name, offered),
      aside: from === undefined ? this.#options.aside.all().map((peer) => peer.name) : [],
      otherTeams: this.#options.neighbourhood.otherTeams(),
      from,
      team: this.#options.neighbourhood.isTeamless ? 'none' : undefined,
    });
  }

  async #ours(): Promise<readonly ListedImage[]> {
    const { catalogue } = this.#options;
    await catalogue.refresh();
    if (catalogue.state?.type === 'down') throw catalogue.state.error;
    return catalogue.images;
  }
}

/** The chosen image, if this device has it already. */
function localIn(
  ours: readonly ListedImage[],
  { image }: Choice,
  platform: Platform,
  idPrefix: string | undefined,
): ListedImage | undefined {
  return ours.find(
    (one) =>
      (one.id === image.id || (one.configDigest !== undefined && one.configDigest === image.configDigest)) &&
      one.platforms.some((present) => platformMatches(present, platform)) &&
      // What a peer says of an ID is no proof that ours is of it.
      (idPrefix === undefined || hasId(one, idPrefix)),
  );
}

function noEngine(image: string, address: string): P2pimgError {
  return new P2pimgError('REFUSED', 'this device shares a folder of archives, and gets no images', {
    by: 'this device',
    image,
    reason: `${address} is only read`,
    try: 'the same with --engine and an engine to get it into, or --engine store',
  });
}

function alreadyHere(
  image: string,
  here: ListedImage,
  startedAt: number,
  replaced: Digest | undefined,
): GetEvent {
  return {
    type: 'done',
    image,
    configDigest: identityOf(here),
    id: here.id,
    already: true,
    received: 0,
    wire: 0,
    reused: 0,
    durationMs: Math.round(performance.now() - startedAt),
    replaced,
  };
}

/** What has this name here, for this platform. */
function namedIn(
  ours: readonly ListedImage[],
  { reference }: Selector,
  platform: Platform,
): ListedImage | undefined {
  if (reference === undefined) return undefined;
  const [named] = select(ours, { text: '', reference });
  return named?.platforms.some((present) => platformMatches(present, platform)) ? named : undefined;
}

/** The name that the image gets here: what it was asked for by, without a digest; none where that was its ID. */
function nameFor({ reference }: Selector, { references }: ListedImage): Reference | undefined {
  if (reference?.tag === undefined) return undefined;
  const { domain, path, tag } = reference;
  const wanted = canonical({ domain, path, tag });
  return references.find((one) => canonical(one) === wanted);
}

/** The ID that a person asked by, which the offer must prove. */
function provableId({ reference, idPrefix }: Selector, named: Reference | undefined): string | undefined {
  if (reference?.digest !== undefined) return hex(reference.digest);
  return named === undefined ? idPrefix : undefined;
}

const peerName = ({ peer }: Source): PeerName => ({ name: peer.name, id: peer.id });
