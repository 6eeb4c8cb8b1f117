import type { Digest } from '../image/digest.js';
import { globMatcher } from '../image/glob.js';
import type { ListedImage } from '../image/image.js';
import type { Platform } from '../image/platform.js';
import { canonical, familiar } from '../image/reference.js';
import type { PeerId } from '../wire/peer-id.js';
import { catalogueInTime, choose, type Found, identityOf } from './choose.js';
import type { Neighbour } from './neighbour.js';

/** An image that peers have under a name, and that is newer than what has the name here. */
export interface NewerImage {
  /** Familiar. */
  readonly name: string;
  readonly id: Digest;
  readonly image: ListedImage;
  readonly holders: readonly Neighbour[];
  /** The one to get it from, where another failed before; any where absent. */
  readonly from?: PeerId | undefined;
}

/** Nobody waits for it, and who is silent for longer is lost. */
const catalogueMs = 15_000;

/** Finds what is newer at the peers than here, and remembers what was got, and whom it could not be got from. */
export class Newer {
  readonly #matches: (name: string) => boolean;
  readonly #platform: Platform;
  readonly #settled = new Set<string>();
  readonly #failed = new Map<string, Set<PeerId>>();

  /** Patterns are globs of familiar references, as in `ls`. */
  constructor(patterns: readonly string[], platform: Platform) {
    const matchers = patterns.map(globMatcher);
    this.#matches = (name) => matchers.some((matches) => matches(name));
    this.#platform = platform;
  }

  /**
   * By name, of each the image that was made last, if it was made later than the one of that name here, or none is here.
   * One that failed counts only for as long as a peer has it that it was not tried to be got from.
   */
  async among(neighbours: readonly Neighbour[], ours: readonly ListedImage[]): Promise<NewerImage[]> {
    this.#forgetGone(neighbours);
    const byName = new Map<string, { readonly name: string; readonly found: Found[] }>();
    const all = await Promise.all(
      neighbours.map(async (neighbour) => ({
        neighbour,
        images: await catalogueInTime(neighbour, catalogueMs),
      })),
    );
    for (const { neighbour, images } of all)
      for (const image of images)
        for (const reference of image.references) {
          const key = canonical(reference);
          const entry = byName.get(key) ?? { name: familiar(reference), found: [] };
          entry.found.push({ neighbour, image });
          byName.set(key, entry);
        }
    const here = new Map(
      ours.flatMap((image) => image.references.map((reference) => [canonical(reference), image])),
    );
    return [...byName]
      .filter(([, { name }]) => this.#matches(name))
      .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .flatMap(([key, { name, found }]) => this.#newest(name, found, here.get(key)));
  }

  /** It is here now, or is to be left; it is not looked at again. */
  settle(image: NewerImage): void {
    this.#settled.add(keyOf(image));
  }

  /** It could not be got from the peer of this name; from none of those that have it, where that is not known. */
  failed(image: NewerImage, peer: unknown): void {
    const peers = this.#failed.get(keyOf(image)) ?? new Set();
    const { holders, from } = image;
    const those = holders.filter(({ peerId, name }) =>
      from === undefined ? name === peer : peerId === from,
    );
    for (const { peerId } of those.length === 0 ? holders : those) peers.add(peerId);
    this.#failed.set(keyOf(image), peers);
  }

  /** What failed is tried again: the reason may be gone. */
  forgive(): void {
    this.#failed.clear();
  }

  #newest(name: string, found: readonly Found[], here: ListedImage | undefined): NewerImage[] {
    const choice = choose(found, this.#platform);
    if (choice === undefined || 'otherPlatforms' in choice) return [];
    const { image, holders } = choice;
    const newest = { name, id: identityOf(image), image, holders };
    if (this.#settled.has(keyOf(newest))) return [];
    if (here !== undefined && !isLater(image, here)) return [];
    const failed = this.#failed.get(keyOf(newest));
    if (failed === undefined) return [newest];
    const untried = holders.find(({ peerId }) => !failed.has(peerId));
    return untried === undefined ? [] : [{ ...newest, from: untried.peerId }];
  }

  /** A peer that left and came back counts as another. */
  #forgetGone(neighbours: readonly Neighbour[]): void {
    const present = new Set(neighbours.map(({ peerId }) => peerId));
    for (const peers of this.#failed.values())
      for (const peerId of peers) if (!present.has(peerId)) peers.delete(peerId);
  }
}

/** Of two of the same date, and of the same image, neither is later. */
function isLater(image: ListedImage, here: ListedImage): boolean {
  if (identityOf(image) === identityOf(here) || image.id === here.id) return false;
  return madeAt(image) > madeAt(here);
}

function madeAt({ created }: ListedImage): number {
  return created === undefined ? 0 : Date.parse(created) || 0;
}

const keyOf = ({ name, id }: NewerImage): string => `${name} ${id}`;
