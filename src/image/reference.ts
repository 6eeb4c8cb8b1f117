import { P2pimgError } from '../error.js';
import { type Digest, isDigest } from './digest.js';

/**
 * An image reference, normalised as Docker does (distribution/reference, `ParseNormalizedNamed`):
 * `node:20` is domain `docker.io`, path `library/node`, tag `20`.
 */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const domainPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const maximumNameLength = 255;

/** Parses what a person types or an engine lists; the tag is `latest` where neither tag nor digest is given. Throws `REFERENCE_INVALID`. */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, 'its digest is not sha256:<64 hex digits>');

  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid(text, 'its tag is malformed');

  const name = hasTag ? named.slice(0, colon) : named;
  if (/^[0-9a-f]{64}$/.test(name)) throw invalid(text, 'it is an image ID, not a name');
  const { domain, path } = splitName(name);
  if (!domainPattern.test(domain)) throw invalid(text, 'its registry is malformed');
  if (path !== path.toLowerCase()) throw invalid(text, 'repository names are lower-case');
  if (!path.split('/').every((component) => pathComponent.test(component)))
    throw invalid(text, 'its name is malformed');
  if (domain.length + 1 + path.length > maximumNameLength) throw invalid(text, 'its name is too long');

  if (digest !== undefined)
    return tag === undefined ? { domain, path, digest } : { domain, path, tag, digest };
  return { domain, path, tag: tag ?? 'latest' };
}

function splitName(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  let domain = isDomain ? first : 'docker.io';
  let path = isDomain ? name.slice(slash + 1) : name;
  if (domain === 'index.docker.io') domain = 'docker.io';
  if (domain === 'docker.io' && !path.includes('/')) path = `library/${path}`;
  return { domain, path };
}

function invalid(text: string, why: string): P2pimgError {
  return new P2pimgError('REFERENCE_INVALID', `not an image reference: ${why}`, {
    reference: text.slice(0, 300),
    why,
  });
}

/** The one full form, by which references are compared: `docker.io/library/node:20`. */
export function canonical(reference: Reference): string {
  return withSuffix(`${reference.domain}/${reference.path}`, reference);
}

/** The form people use: `node:20` for `docker.io/library/node:20`. */
export function familiar(reference: Reference): string {
  return withSuffix(familiarRepository(reference), reference);
}

/** The repository alone in its familiar form, as `POST /images/…/tag` takes it. */
export function familiarRepository({ domain, path }: Reference): string {
  const whole = `${domain}/${path}`;
  if (domain !== 'docker.io') return whole;
  const short = path.replace(/^library\/(?=[^/]+$)/, '');
  // `docker.io/foo.bar/app` without its registry would be of the registry foo.bar.
  const again = splitName(short);
  return again.domain === domain && again.path === path ? short : whole;
}

function withSuffix(name: string, { tag, digest }: Reference): string {
  return name + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}
