import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, cutStart, pad, widthOf, wrap } from '../../../src/cli/present/width.js';

describe('widths', () => {
  it.each([
    ['team/app:2', 10],
    ['日本語', 6],
    ['é', 1],
    ['e\u0301', 1],
    ['👍🏽', 2],
    ['⏸ ▶ ✓', 5],
  ])('of %j are %d', (text, columns) => expect(widthOf(text)).toBe(columns));

  it('of a cut text never exceed what was allowed', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (t, columns) => {
        expect(widthOf(cut(t, columns, '…'))).toBeLessThanOrEqual(columns);
        expect(widthOf(cutStart(t, columns, '…'))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('are kept by cutting at the end that tells less', () => {
    expect(cut('mara-thinkpad', 8, '…')).toBe('mara-th…');
    expect(cutStart('registry.example.com/team/app:2', 12, '…')).toBe('…/team/app:2');
    expect(cut('short', 8, '…')).toBe('short');
  });

  it('are filled on either side', () => {
    expect(pad('日', 4)).toBe('日  ');
    expect(pad('7', 3, 'right')).toBe('  7');
  });
});

it('wraps between words, and leaves a long word whole', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('a averyverylongword b', 5)).toEqual(['a', 'averyverylongword', 'b']);
  expect(wrap('endless', Number.POSITIVE_INFINITY)).toEqual(['endless']);
});
