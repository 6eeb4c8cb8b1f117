import { P2pimgError } from '../error.js';
import { shortId } from '../image/digest.js';
import type { ListedImage } from '../image/image.js';
import { type Platform, platformMatches } from '../image/platform.js';
import { canonical, familiar, type Reference } from '../image/reference.js';
import { parseSelector, select } from '../image/selector.js';
import { identityOf } from './choose.js';

/** An image of an engine that a person named, and the names that it keeps on its way. */
export interface Chosen {
  /** As it is shown. */
  readonly name: string;
  readonly image: ListedImage;
  readonly references: readonly Reference[];
}

/**
 * The one image that a text names in an engine's list: by its name, which is the one that it keeps, or by its ID, with
 * all its names. Of several for different platforms, the one for this. `IMAGE_UNKNOWN`, `SELECTOR_AMBIGUOUS`.
 */
export function chosen(
  images: readonly ListedImage[],
  text: string,
  platform: Platform,
  engine: string,
): Chosen {
  const selector = parseSelector(text);
  const all = select(images, selector);
  const fitting = all.filter(({ platforms }) => platforms.some((one) => platformMatches(one, platform)));
  const found = all.length > 1 && fitting.length > 0 ? fitting : all;
  const [image] = found;
  if (image === undefined)
    throw new P2pimgError('IMAGE_UNKNOWN', `${text} is not there`, { image: text, engine });
  if (found.length > 1)
    throw new P2pimgError('SELECTOR_AMBIGUOUS', `${text} could be several images`, {
      image: text,
      candidates: found.map((one) => shortId(identityOf(one))),
    });
  const named = nameAmong(image.references, selector.reference);
  return {
    name: named === undefined ? text : familiar(named),
    image,
    references: named === undefined ? image.references.filter(({ tag }) => tag !== undefined) : [named],
  };
}

function nameAmong(references: readonly Reference[], asked: Reference | undefined): Reference | undefined {
  if (asked?.tag === undefined) return undefined;
  const { domain, path, tag } = asked;
  return references.find((one) => canonical(one) === canonical({ domain, path, tag }));
}
