import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadZstd, mostDecodedBytes } from '../../src/wire/zstd.js';
import { bomb, bytes, codeOf, noise } from './samples.js';

const mebibyte = 1024 * 1024;
// RFC 8878, 3.1.1: magic, a descriptor (single segment), the size in one byte, and one raw block with "abc".
const abc = bytes('28b52ffd 20 03 190000 616263');

describe.runIf(loadZstd() !== undefined)(`zstd of Node ${process.versions.node}`, () => {
  const zstd = loadZstd() as NonNullable<ReturnType<typeof loadZstd>>;

  it('decodes a frame that another wrote', async () => {
    expect(await zstd.decompress(abc, 3)).toEqual(Buffer.from('abc'));
  });

  it('writes one frame, which decodes to what it was made of', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), async (array) => {
      const content = Buffer.concat([Buffer.from(array), Buffer.alloc(array.length)]);
      const compressed = await zstd.compress(content);
      expect(mostDecodedBytes(compressed)).toBeGreaterThanOrEqual(content.length);
      expect(await zstd.decompress(compressed, content.length)).toEqual(content);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it.each([
    ['zeros', Buffer.alloc(mebibyte)],
    ['noise', noise(mebibyte)],
    ['text', Buffer.alloc(mebibyte, 'the quick brown fox jumps over the lazy dog; ')],
    ['noise among zeros', Buffer.concat([noise(300_000), Buffer.alloc(448_576), noise(300_000)])],
  ])('takes a whole MiB of %s for no bomb', async (_what, content) => {
    expect((await zstd.decompress(await zstd.compress(content), mebibyte)).equals(content)).toBe(true);
  });

  it('compresses', async () => {
    expect((await zstd.compress(Buffer.alloc(mebibyte))).length).toBeLessThan(1000);
  });

  it.each([
    ['one byte more than it says', bomb(mebibyte + 1), mebibyte],
    ['one byte less', bomb(mebibyte - 1), mebibyte],
    ['twice as much', bomb(2 * mebibyte), mebibyte],
    ['a gibibyte of zeros out of 32 KiB', bomb(1024 * mebibyte), mebibyte],
    ['more than a few bytes', bomb(mebibyte), 3],
  ])('refuses a frame that decodes to %s', async (_what, frame, said) => {
    expect(await codeOf(() => zstd.decompress(frame, said))).toBe('PROTOCOL_VIOLATION');
  });

  it.each([
    ['nothing', ''],
    ['no zstd', '00112233445566778899'],
    ['gzip', '1f8b0800000000000003 4b4c4a060000 c2412435 03000000'],
    ['a frame cut short', '28b52ffd 20 03 190000 6162'],
    ['a frame without its last block', '28b52ffd 20 03 180000 616263'],
    ['a frame with bytes behind it', '28b52ffd 20 03 190000 616263 00'],
    ['a block of the reserved type', '28b52ffd 20 03 1f0000 616263'],
  ])('refuses %s', async (_what, hex) => {
    expect(await codeOf(() => zstd.decompress(bytes(hex), 3))).toBe('PROTOCOL_VIOLATION');
  });

  it('decodes many at once, each to its own', async () => {
    const contents = Array.from({ length: 16 }, (_, at) => Buffer.alloc(10_000 + at, at));
    const compressed = await Promise.all(contents.map((content) => zstd.compress(content)));
    const decoded = await Promise.all(compressed.map((frame, at) => zstd.decompress(frame, 10_000 + at)));
    expect(decoded).toEqual(contents);
  });
});

describe('what a frame decodes to at most', () => {
  it('stands in the headers of its blocks', () => {
    expect(mostDecodedBytes(abc)).toBe(3);
    expect(mostDecodedBytes(bomb(5 * mebibyte + 1))).toBe(5 * mebibyte + 1);
  });

  it('is 128 KiB for a compressed block, whatever its length', () => {
    // The last block, type 2, of two bytes.
    expect(mostDecodedBytes(bytes('28b52ffd 20 03 150000 0000'))).toBe(131_072);
  });

  it('is found behind every form of header', () => {
    const block = '190000 616263';
    for (const header of ['00 50', '20 03', '40 50 0300', '80 50 03000000', 'c0 50 0300000000000000'])
      expect(mostDecodedBytes(bytes(`28b52ffd ${header} ${block}`))).toBe(3);
    expect(mostDecodedBytes(bytes(`28b52ffd 24 03 ${block} 01020304`))).toBe(3); // with a checksum
    expect(mostDecodedBytes(bytes(`28b52ffd 21 07 03 ${block}`))).toBe(3); // with a dictionary's number
  });

  it.each([
    ['bytes behind the frame', '28b52ffd 20 03 190000 616263 00'],
    ['a second frame behind it', '28b52ffd 20 03 190000 616263 28b52ffd 20 03 190000 616263'],
    ['a checksum cut short', '28b52ffd 24 03 190000 616263 0102'],
    ['a block that claims more than 128 KiB', '28b52ffd 00 50 0b0010 00'],
    ['a skippable frame', '502a4d18 04000000 00000000'],
  ])('is not told of %s', async (_what, hex) => {
    expect(await codeOf(() => mostDecodedBytes(bytes(hex)))).toBe('PROTOCOL_VIOLATION');
  });
});
