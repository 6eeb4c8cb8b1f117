import { describe, expect, it } from 'vitest';
import { type SharingRule, sharedImages, withRule } from '../../src/agent/sharing.js';
import { familiar } from '../../src/image/reference.js';
import { listedImage } from './people.js';

const images = [
  listedImage({ config: 'app', names: ['team/app:1', 'secret/app:1'] }),
  listedImage({ config: 'db', names: ['secret/db:1'] }),
  listedImage({ config: 'base', names: ['node:20'] }),
  listedImage({ config: 'nameless' }),
];

/** The names that are shared, `-` for an image without one. */
const shared = (...sharing: readonly SharingRule[]): string[] =>
  sharedImages(images, { sharing, paused: false }).flatMap(({ references }) =>
    references.length === 0 ? ['-'] : references.map(familiar),
  );

describe('what the team may have', () => {
  it('is all that has a name, without a rule', () => {
    expect(shared()).toEqual(['team/app:1', 'secret/app:1', 'secret/db:1', 'node:20']);
  });

  it('is not what is hidden, and an image of two names by the other one only', () => {
    expect(shared({ hide: 'secret/*' })).toEqual(['team/app:1', 'node:20']);
  });

  it('is decided by the last rule that fits', () => {
    expect(shared({ hide: '*' }, { share: 'secret/*' }, { hide: 'secret/db' })).toEqual(['secret/app:1']);
  });

  it('is named as people do, or in full', () => {
    expect(shared({ hide: '*' }, { share: 'docker.io/library/node:*' })).toEqual(['node:20']);
    expect(shared({ hide: '*' }, { share: 'node' })).toEqual(['node:20']);
  });

  it('has images without a name only where that is said', () => {
    expect(shared({ share: '<none>' })).toContain('-');
    expect(shared({ share: '*' })).not.toContain('-');
    expect(shared({ share: '<none>' }, { hide: '*' })).toEqual(['-']);
  });

  it('is nothing in a pause', () => {
    expect(sharedImages(images, { sharing: [{ share: '<none>' }], paused: true })).toEqual([]);
  });
});

describe('the rules', () => {
  const ruled = (...rules: readonly SharingRule[]) => rules.reduce<SharingRule[]>(withRule, []);

  it('keep one of each pattern, the last', () => {
    expect(ruled({ hide: 'a' }, { hide: 'b' }, { share: 'a' })).toEqual([{ hide: 'b' }, { share: 'a' }]);
  });

  it('are none again when all that was hidden is shared again', () => {
    expect(ruled({ hide: 'a' }, { share: 'a' })).toEqual([]);
    expect(ruled({ hide: 'a' }, { hide: 'b' }, { share: '*' })).toEqual([]);
    expect(ruled({ share: 'a' })).toEqual([]);
  });

  it('of all names leave the rule of those without one', () => {
    expect(ruled({ share: '<none>' }, { hide: 'a' }, { hide: '*' })).toEqual([
      { share: '<none>' },
      { hide: '*' },
    ]);
  });
});
