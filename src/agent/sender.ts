import type { SendEvent, SendRequest } from '../control/sending.js';
import type { Engine } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { shortId } from '../image/digest.js';
import type { ImageDescription, ListedImage } from '../image/image.js';
import { type Platform, parsePlatform, platformMatches, platformText } from '../image/platform.js';
import { canonical, familiar, type Reference } from '../image/reference.js';
import { parseSelector, type Selector, select } from '../image/selector.js';
import type { MessageOf } from '../wire/message.js';
import type { Catalogue } from './catalogue.js';
import { identityOf } from './choose.js';
import type { Granted } from './granted.js';
import { namedPeer } from './named-peer.js';
import type { Neighbour } from './neighbour.js';
import type { Neighbourhood } from './neighbours.js';
import { Offering } from './offering.js';

/** What an image is sent with. */
export interface SenderOptions {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly neighbourhood: Neighbourhood;
  readonly granted: Granted;
  /** The port at which this device lets its team in; it begins to, where it does not. */
  readonly port: () => Promise<number>;
}

type Emit = (event: SendEvent) => void;

/** Sends images: offers one to a peer, which then gets it from here. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** One image, from the offer to `done`. When the signal comes, the offer is taken back, and the peer keeps nothing. */
  async send(request: SendRequest, emit: Emit, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const { engine, neighbourhood, granted, port } = this.#options;
    const selector = parseSelector(request.image);
    const asked = request.platform === undefined ? undefined : parsePlatform(request.platform);
    const listed = await this.#here(selector, request.image);
    await neighbourhood.settled();
    const neighbour = this.#peer(request.peer);
    const peer = { name: neighbour.name, id: neighbour.peerId };
    const platform = await this.#platform(
      listed,
      asked ?? (request.store ? 'any' : undefined),
      neighbour,
      request,
    );
    const image = await engine.describe(listed.id, platform, signal);
    const reference = nameOf(selector, listed);
    const name = reference === undefined ? request.image : familiar(reference);
    emit({
      type: 'offering',
      image: name,
      configDigest: image.configDigest,
      platform: platformText(image.platform),
      size: image.size,
      sizeExact: image.layers.every(({ size }) => size !== undefined),
      created: image.created,
      peer,
    });
    const bring = bringMessage(image, reference, await port(), request.store);
    const release = granted.grant(neighbour.peerId, { ...listed, configDigest: image.configDigest });
    try {
      const channel = await neighbourhood.open(neighbour.peerId, signal);
      const taken = await new Offering(channel, peer, emit).run(bring, signal);
      const { type: _, ...outcome } = taken;
      emit({
        type: 'done',
        image: name,
        configDigest: image.configDigest,
        peer,
        ...outcome,
        durationMs: Math.round(performance.now() - startedAt),
      });
    } catch (error) {
      throw asP2pimgError(error).with({ peer: peer.name, image: name });
    } finally {
      release();
    }
  }

  /** The one image of this device that is meant. */
  async #here(selector: Selector, text: string): Promise<ListedImage> {
    const { catalogue } = this.#options;
    await catalogue.refresh();
    if (catalogue.state?.type === 'down') throw catalogue.state.error;
    const found = select(catalogue.images, selector);
    const [image] = found;
    if (image === undefined)
      throw new P2pimgError('IMAGE_UNKNOWN', `${text} is not on this device`, {
        image: text,
        engine: 'this device',
      });
    if (new Set(found.map(identityOf)).size > 1)
      throw new P2pimgError('SELECTOR_AMBIGUOUS', `several images have an ID that begins with ${text}`, {
        image: text,
        candidates: found.map((one) => shortId(identityOf(one))),
      });
    return image;
  }

  #peer(text: string): Neighbour {
    const { neighbourhood } = this.#options;
    if (neighbourhood.isTeamless) throw new P2pimgError('NO_TEAM', 'this device is in no team');
    try {
      return namedPeer(neighbourhood, text);
    } catch (error) {
      throw asP2pimgError(error).with({
        try: 'p2pimg peers --json, which lists who is here, with their IDs',
      });
    }
  }

  /** What was asked for; else what the peer's engine runs, where the image is for that; an archive may be for any. */
  async #platform(
    { platforms }: ListedImage,
    asked: Platform | 'any' | undefined,
    { session, name }: Neighbour,
    { image }: SendRequest,
  ): Promise<Platform> {
    if (asked !== undefined && asked !== 'any') return asked;
    const theirs = session.hello.platform ?? (await this.#options.engine.identify()).platform;
    if (platforms.some((one) => platformMatches(one, theirs))) return theirs;
    if (asked === 'any' && platforms[0] !== undefined) return platforms[0];
    throw new P2pimgError('OTHER_PLATFORM', `${image} is not for ${platformText(theirs)}`, {
      image,
      platform: platformText(theirs),
      offered: [...new Set(platforms.map(platformText))],
      for: name,
    });
  }
}

/** The name that the image gets there: the one that it was asked for by, where it has that here. */
function nameOf({ reference }: Selector, { references }: ListedImage): Reference | undefined {
  if (reference?.tag === undefined) return undefined;
  const { domain, path, tag } = reference;
  const wanted = canonical({ domain, path, tag });
  return references.find((one) => canonical(one) === wanted);
}

function bringMessage(
  { configDigest, platform, size, created }: ImageDescription,
  reference: Reference | undefined,
  port: number,
  store: boolean | undefined,
): MessageOf<'bring'> {
  return {
    type: 'bring',
    ...(reference && { reference: canonical(reference) }),
    configDigest,
    platform,
    size,
    ...(created !== undefined && { created }),
    port,
    ...(store && { into: 'archives' }),
  };
}
