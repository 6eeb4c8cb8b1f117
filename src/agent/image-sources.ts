import { once } from 'node:events';
import type { AsidePeer } from '../control/api.js';
import { deadlineOf } from '../deadline.js';
import type { P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { isLie } from '../transfer/blame.js';
import type { Source, Sources } from '../transfer/source.js';
import type { PeerId } from '../wire/peer-id.js';
import { catalogueInTime, identityOf } from './choose.js';
import type { Neighbour } from './neighbour.js';
import type { Neighbourhood } from './neighbours.js';
import type { SetAside } from './set-aside.js';

/** A peer that was lost is tried again after so long. */
const restMs = 1_000;
const catalogueMs = 1_500;

/** The peers that have one image: those chosen at first, and whoever else turns up with it while it is needed. */
export class ImageSources implements Sources {
  readonly #neighbourhood: Neighbourhood;
  readonly #image: ListedImage;
  readonly #only: PeerId | undefined;
  readonly #aside: SetAside;
  readonly #onLiar: (peer: AsidePeer) => void;
  #candidates: readonly { readonly peerId: PeerId; readonly name: string }[];
  readonly #out = new Set<PeerId>();
  readonly #restsUntil = new Map<PeerId, number>();

  /** `holders` in the order of preference; with `only`, nobody else is considered, and that one even if it is set aside. */
  constructor(
    neighbourhood: Neighbourhood,
    image: ListedImage,
    holders: readonly Neighbour[],
    only: PeerId | undefined,
    aside: SetAside,
    onLiar: (peer: AsidePeer) => void,
  ) {
    this.#aside = aside;
    this.#onLiar = onLiar;
    this.#neighbourhood = neighbourhood;
    this.#image = image;
    this.#candidates = holders;
    this.#only = only;
  }

  /** All that are known to have it. */
  get holders(): readonly { readonly peerId: PeerId; readonly name: string }[] {
    return this.#candidates;
  }

  now(): Source | undefined {
    const candidate = this.#candidates.find(
      ({ peerId }) =>
        !this.#out.has(peerId) &&
        (peerId === this.#only || !this.#aside.has(peerId)) &&
        (this.#restsUntil.get(peerId) ?? 0) <= performance.now(),
    );
    if (candidate === undefined) return undefined;
    const { peerId, name } = candidate;
    return { peer: { name, id: peerId }, open: (signal) => this.#neighbourhood.open(peerId, signal) };
  }

  async next(signal: AbortSignal): Promise<Source> {
    for (;;) {
      signal.throwIfAborted();
      await this.#lookAround();
      const source = this.now();
      if (source !== undefined) return source;
      const wake = deadlineOf(restMs, signal);
      await once(this.#neighbourhood.events, 'changed', wake).catch(() => undefined);
      wake.clear();
    }
  }

  failed({ peer }: Source, error: P2pimgError): void {
    if (error.code === 'PEER_LOST') this.#restsUntil.set(peer.id, performance.now() + restMs);
    else this.#out.add(peer.id);
    if (isLie(error)) this.#onLiar(this.#aside.blame(peer, error.code));
  }

  /** Those that have it now first, then those that had it: they may answer again before they are found again. */
  async #lookAround(): Promise<void> {
    const wanted = identityOf(this.#image);
    const present = this.#neighbourhood
      .all()
      .filter(({ peerId }) => this.#only === undefined || peerId === this.#only);
    const having = await Promise.all(
      present.map(async (neighbour) => {
        const images = await catalogueInTime(neighbour, catalogueMs);
        return images.some((image) => identityOf(image) === wanted || image.id === this.#image.id)
          ? [neighbour]
          : [];
      }),
    );
    const now = having.flat();
    const before = this.#candidates.filter(
      ({ peerId }) => !now.some((neighbour) => neighbour.peerId === peerId),
    );
    this.#candidates = [...now, ...before];
  }
}
