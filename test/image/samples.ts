import fc from 'fast-check';
import { P2pimgError } from '../../src/error.js';
import { type Digest, digestOf } from '../../src/image/digest.js';

/** The error that a call throws; it must be one of ours. */
export function failureOf(call: () => unknown): P2pimgError {
  try {
    call();
  } catch (error) {
    if (error instanceof P2pimgError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Digests that differ. */
export const [a, b, c] = ['a', 'b', 'c'].map(digestOf) as [Digest, Digest, Digest];

/** A value as it is after a way through JSON. */
export const json = (value: unknown): string => JSON.stringify(value);

const word = fc.stringMatching(/^[a-z0-9]{1,5}$/);
const component = fc
  .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word), { maxLength: 2 }))
  .map(([first, rest]) => first + rest.flat().join(''));
const domain = fc.constantFrom(
  '',
  '',
  'docker.io/',
  'index.docker.io/',
  'ghcr.io/',
  'localhost/',
  'registry:5000/',
  'Upper/',
  '10.0.0.1:80/',
  '[::1]:5000/',
);
const tag = fc.stringMatching(/^(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,6})?$/);
const digest = fc.option(fc.string().map(digestOf), { nil: undefined });

/** References that Docker takes, in any form. */
export const someReference = fc
  .tuple(domain, fc.array(component, { minLength: 1, maxLength: 3 }), tag, digest)
  .map(([registry, path, suffix, content]) => {
    // A first component with a dot is a registry, unless one stands before it.
    const before = registry === '' && path.length > 1 && path[0]?.includes('.') ? 'docker.io/' : registry;
    return before + path.join('/') + suffix + (content ? `@${content}` : '');
  });
