import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean, jsonLine } from '../../../src/cli/present/clean.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const dangerous = /[\u0000-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2028\u2029\u2066-\u2069]/;

describe('a text from elsewhere', () => {
  it.each([
    ['a name', 'a name'],
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x1b]0;title\x07rest', 'rest'],
    ['\x9b31mred', 'red'],
    ['two\nlines\r\nhere', 'two lines here'],
    ['right\u202eleft', 'rightleft'],
    ['日本語', '日本語'],
  ])('%j is shown as %j', (text, shown) => expect(clean(text)).toBe(shown));

  it('never holds what a terminal obeys', () => {
    const anyText = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\x1b', '\x9b', '[', 'm', ';', '\u202e'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    });
    fc.assert(fc.property(anyText, (text) => !dangerous.test(clean(text))));
  });

  it('has an end', () => expect(clean('x'.repeat(10_000)).length).toBe(501));
});

describe('JSON', () => {
  it('says the same, without what a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = jsonLine({ text });
        expect(line).not.toMatch(dangerous);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
  });
});
