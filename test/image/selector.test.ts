import { describe, expect, it } from 'vitest';
import { type Digest, digestFromHex, digestOf } from '../../src/image/digest.js';
import { parseReference } from '../../src/image/reference.js';
import { parseSelector, type Selectable, select } from '../../src/image/selector.js';
import { failureOf } from './samples.js';

const image = (id: Digest, configDigest: Digest | undefined, ...names: string[]): Selectable => ({
  id,
  configDigest,
  references: names.map(parseReference),
});
const idFrom = (digits: string): Digest => digestFromHex(digits.padEnd(64, '0'));

const node = image(idFrom('aaaaaa1'), idFrom('cccccc1'), 'node:20', 'node:latest');
const alias = image(idFrom('aaaaaa2'), undefined, 'ghcr.io/team/node:20');
const hexNamed = image(idFrom('bbbbbb1'), undefined, 'cccccc:latest');
const untagged = image(idFrom('dddddd1'), idFrom('dddddd1'));
const images = [node, alias, hexNamed, untagged];

const selected = (text: string): readonly Selectable[] => select(images, parseSelector(text));

describe('a selector', () => {
  it('is a reference, an ID, or what could be either', () => {
    expect(parseSelector('node:20')).toEqual({ text: 'node:20', reference: parseReference('node:20') });
    expect(parseSelector('sha256:abcdef')).toEqual({ text: 'sha256:abcdef', idPrefix: 'abcdef' });
    expect(parseSelector('f'.repeat(64))).toEqual({ text: 'f'.repeat(64), idPrefix: 'f'.repeat(64) });
    expect(parseSelector('abcdef')).toEqual({
      text: 'abcdef',
      reference: parseReference('abcdef'),
      idPrefix: 'abcdef',
    });
  });

  it('of fewer than six digits is a name only, or nothing', () => {
    expect(parseSelector('abcde')).toEqual({ text: 'abcde', reference: parseReference('abcde') });
    expect(failureOf(() => parseSelector('sha256:abcde')).code).toBe('REFERENCE_INVALID');
  });

  it.each(['', 'Upper', 'sha256:abc', 'a//b'])('is not %j', (text) => {
    expect(failureOf(() => parseSelector(text)).code).toBe('REFERENCE_INVALID');
  });
});

describe('select', () => {
  it('finds by any form of a name', () => {
    for (const text of ['node:20', 'docker.io/library/node:20', 'index.docker.io/node', 'node'])
      expect(selected(text)).toEqual([node]);
    expect(selected('ghcr.io/team/node:20')).toEqual([alias]);
  });

  it('tells tags and registries apart', () => {
    expect(selected('node:21')).toEqual([]);
    expect(selected('ghcr.io/team/node')).toEqual([]);
    expect(selected('team/node:20')).toEqual([]);
  });

  it('finds by the config digest and by the image ID, whole or its first digits', () => {
    expect(selected(idFrom('cccccc1'))).toEqual([node]);
    expect(selected(idFrom('aaaaaa1'))).toEqual([node]);
    expect(selected('sha256:cccccc1')).toEqual([node]);
    expect(selected('aaaaaa2')).toEqual([alias]);
    expect(selected('dddddd1')).toEqual([untagged]);
  });

  it('takes digits from the beginning of an ID only', () => {
    expect(selected('000000')).toEqual([]);
  });

  it('gives all that a prefix could mean', () => {
    expect(selected('aaaaaa')).toEqual([node, alias]);
  });

  it('takes a name for a name before it takes it for an ID', () => {
    expect(selected('cccccc')).toEqual([hexNamed]);
    expect(selected('sha256:cccccc')).toEqual([node]);
  });

  it('with a digest finds only the image of that digest, whatever its tag', () => {
    expect(selected(`node@${idFrom('cccccc1')}`)).toEqual([node]);
    expect(selected(`node:20@${idFrom('aaaaaa1')}`)).toEqual([node]);
    expect(selected(`node:21@${idFrom('aaaaaa1')}`)).toEqual([]);
    expect(selected(`node@${digestOf('another')}`)).toEqual([]);
    expect(selected(`other@${idFrom('cccccc1')}`)).toEqual([]);
  });
});
