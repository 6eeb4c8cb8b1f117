import { globMatcher } from '../image/glob.js';
import type { ListedImage } from '../image/image.js';
import { canonical, familiar, type Reference } from '../image/reference.js';

/** What the owner said of the images whose name is like a pattern. */
export type SharingRule = { readonly share: string } | { readonly hide: string };

/** What the owner lets the team have. */
export interface Sharing {
  /** Of the rules that fit a name, the last holds. Without one, what has a name is shared, and what has none is not. */
  readonly sharing: readonly SharingRule[];
  /** Nothing is shared for now. */
  readonly paused: boolean;
}

/** The pattern that stands for all images without a name; no other fits them. */
export const untagged = '<none>';

/** The images that the team may have, each with those of its names that it may know. */
export function sharedImages(images: readonly ListedImage[], { sharing, paused }: Sharing): ListedImage[] {
  if (paused) return [];
  const rules = sharing.map(compile);
  return images.flatMap((image) => {
    const references = image.references.filter((reference) => isShared(rules, namesOf(reference), true));
    if (references.length > 0) return [{ ...image, references }];
    return image.references.length === 0 && isShared(rules, undefined, false) ? [image] : [];
  });
}

/** The rules with one more, which holds from now on. Those that it leaves without effect are dropped. */
export function withRule(rules: readonly SharingRule[], rule: SharingRule): SharingRule[] {
  const pattern = patternOf(rule);
  const left = rules.filter((one) =>
    pattern === '*' ? patternOf(one) === untagged : patternOf(one) !== pattern,
  );
  const isUsual = 'share' in rule && left.every((one) => 'share' in one || patternOf(one) === untagged);
  return isUsual && pattern !== untagged ? left : [...left, rule];
}

/** A rule's pattern. */
export function patternOf(rule: SharingRule): string {
  return 'share' in rule ? rule.share : rule.hide;
}

interface Compiled {
  readonly shares: boolean;
  /** `undefined` is an image without a name. */
  fits(names: readonly string[] | undefined): boolean;
}

function compile(rule: SharingRule): Compiled {
  const pattern = patternOf(rule);
  const matches = globMatcher(pattern);
  return {
    shares: 'share' in rule,
    fits: (names) => (names === undefined ? pattern === untagged : names.some(matches)),
  };
}

function isShared(
  rules: readonly Compiled[],
  names: readonly string[] | undefined,
  usually: boolean,
): boolean {
  return rules.findLast((rule) => rule.fits(names))?.shares ?? usually;
}

function namesOf(reference: Reference): readonly string[] {
  return [familiar(reference), canonical(reference)];
}
