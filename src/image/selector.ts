import { P2pimgError } from '../error.js';
import type { Digest } from './digest.js';
import { hex } from './digest.js';
import { canonical, parseReference, type Reference } from './reference.js';

/**
 * What names an image on the command line and in a request: a reference, an ID (config digest or image ID,
 * whole or its first digits), or a text that could be either, in which case the reference goes first.
 */
export interface Selector {
  readonly text: string;
  readonly reference?: Reference;
  readonly idPrefix?: string;
}

const minimumIdLength = 6;

/** Parses a selector; throws `REFERENCE_INVALID`. */
export function parseSelector(text: string): Selector {
  const digits = /^(sha256:)?([0-9a-f]{1,64})$/.exec(text);
  const idPrefix = digits?.[2];
  if (idPrefix !== undefined && (digits?.[1] !== undefined || idPrefix.length === 64)) {
    if (idPrefix.length < minimumIdLength)
      throw new P2pimgError('REFERENCE_INVALID', 'an image ID needs at least 6 digits', {
        reference: text,
        why: 'an image ID needs at least 6 digits',
      });
    return { text, idPrefix };
  }
  const reference = parseReference(text);
  return idPrefix !== undefined && idPrefix.length >= minimumIdLength
    ? { text, reference, idPrefix }
    : { text, reference };
}

/** An image as far as a selector looks at it. */
export interface Selectable {
  readonly id: Digest;
  readonly configDigest?: Digest | undefined;
  readonly references: readonly Reference[];
}

/** The images that a selector names: by reference where one matches, else by ID; several where an ID prefix is ambiguous. */
export function select<T extends Selectable>(images: readonly T[], selector: Selector): T[] {
  const { reference, idPrefix } = selector;
  if (reference !== undefined) {
    const named = images.filter((image) => matchesReference(image, reference));
    if (named.length > 0) return named;
  }
  if (idPrefix === undefined) return [];
  return images.filter((image) => digestsOf(image).some((digest) => hex(digest).startsWith(idPrefix)));
}

function matchesReference(image: Selectable, { digest, ...named }: Reference): boolean {
  if (digest !== undefined && !digestsOf(image).includes(digest)) return false;
  if (named.tag === undefined)
    return image.references.some(({ domain, path }) => domain === named.domain && path === named.path);
  const wanted = canonical(named);
  return image.references.some((reference) => canonical(reference) === wanted);
}

function digestsOf({ id, configDigest }: Selectable): Digest[] {
  return configDigest === undefined || configDigest === id ? [id] : [configDigest, id];
}
