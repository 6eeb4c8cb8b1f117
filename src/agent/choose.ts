import { type Digest, hex } from '../image/digest.js';
import type { ListedImage } from '../image/image.js';
import { type Platform, platformMatches } from '../image/platform.js';
import { type Selector, select } from '../image/selector.js';
import type { Neighbour } from './neighbour.js';

/** An image as one neighbour has it. */
export interface Found {
  readonly neighbour: Neighbour;
  readonly image: ListedImage;
}

/** What a selector comes to: one image, which `holders` have, and other images that other peers have under its name. */
export interface Choice {
  readonly image: ListedImage;
  readonly holders: readonly Neighbour[];
  readonly others: readonly Found[];
}

/** The identity of a listed image, as far as its engine tells it. */
export function identityOf({ configDigest, id }: ListedImage): Digest {
  return configDigest ?? id;
}

/**
 * Of all that peers have under a name, the image that was made last, for the platform asked for, or the one whose ID
 * begins so. Tells the platforms on offer where nobody has that one.
 */
export function choose(
  found: readonly Found[],
  platform: Platform,
  idPrefix?: string | undefined,
): Choice | { readonly otherPlatforms: readonly Platform[] } | undefined {
  const wanted = idPrefix === undefined ? found : found.filter(({ image }) => hasId(image, idPrefix));
  if (wanted.length === 0) return undefined;
  const isFor = ({ image }: Found) => image.platforms.some((one) => platformMatches(one, platform));
  const fitting = wanted.filter(isFor);
  const [newest] = fitting.toSorted((a, b) => madeAt(b.image) - madeAt(a.image));
  if (newest === undefined) return { otherPlatforms: wanted.flatMap(({ image }) => image.platforms) };
  const isSame = ({ image }: Found) =>
    identityOf(image) === identityOf(newest.image) || image.id === newest.image.id;
  return {
    image: newest.image,
    holders: fitting.filter(isSame).map(({ neighbour }) => neighbour),
    others: found.filter((one) => isFor(one) && !isSame(one)),
  };
}

/** Whether an image's ID, in whatever store, begins so; with or without `sha256:`. */
export function hasId(image: ListedImage, prefix: string): boolean {
  const digits = prefix.replace(/^sha256:/, '');
  return [image.id, identityOf(image)].some((digest) => hex(digest).startsWith(digits));
}

function madeAt({ created }: ListedImage): number {
  return created === undefined ? 0 : Date.parse(created) || 0;
}

/** What these neighbours have under a selector; those that do not answer in time have nothing. */
export async function ask(
  neighbours: readonly Neighbour[],
  selector: Selector,
  timeoutMs: number,
  which: 'known' | 'fresh' = 'known',
): Promise<Found[]> {
  const answers = await Promise.all(
    neighbours.map(async (neighbour) => ({
      neighbour,
      images: await catalogueInTime(neighbour, timeoutMs, which),
    })),
  );
  return answers.flatMap(({ neighbour, images }) =>
    select(images, selector).map((image) => ({ neighbour, image })),
  );
}

/** A neighbour's catalogue; empty where it does not come in time. */
export async function catalogueInTime(
  { session }: Neighbour,
  timeoutMs: number,
  which: 'known' | 'fresh' = 'known',
): Promise<readonly ListedImage[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly ListedImage[]>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, []);
  });
  try {
    return await Promise.race([which === 'fresh' ? session.freshCatalogue() : session.catalogue(), late]);
  } catch {
    return []; // it went away
  } finally {
    clearTimeout(timer);
  }
}
