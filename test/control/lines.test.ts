import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lines } from '../../src/control/lines.js';

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const cut of [...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

async function collect(source: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of source) all.push(line);
  return all;
}

describe('lines', () => {
  it('come out the same wherever the bytes are cut, in the middle of a character too', async () => {
    const anyLine = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    await fc.assert(
      fc.asyncProperty(fc.array(anyLine), fc.array(fc.nat()), async (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        expect(await collect(lines(pieces(bytes, cuts)))).toEqual(
          texts.map((text) => Buffer.from(text).toString()),
        );
      }),
    );
  });

  it('leave out what has no line break after it', async () => {
    expect(await collect(lines(pieces(Buffer.from('whole\nha'), [])))).toEqual(['whole']);
  });

  it('have an end to their length', async () => {
    await expect(collect(lines(pieces(Buffer.alloc(2 ** 21, 'x'), [2 ** 20 + 1])))).rejects.toThrow('1 MiB');
  });
});
