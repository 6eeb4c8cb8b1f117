import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEncoding, decodeFrame, encodeFrames, supportedEncodings } from '../../src/wire/codec.js';
import { readFrame } from '../../src/wire/frame.js';
import type { Encoding } from '../../src/wire/message.js';
import { bomb, bytes, codeOf, inChunks, listOf, noise } from './samples.js';

const mebibyte = 1024 * 1024;
const hasZstd = supportedEncodings().includes('zstd');

async function framesOf(content: AsyncIterable<Buffer>, encoding: Encoding): Promise<Buffer[]> {
  return listOf(encodeFrames(content, encoding));
}
const payloadLengths = (frames: readonly Buffer[]): number[] =>
  frames.map((frame) => readFrame(frame).payload.length);
const types = (frames: readonly Buffer[]): string[] => frames.map((frame) => readFrame(frame).type);

async function decoded(frames: readonly Buffer[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(frames.map(decodeFrame)));
}

describe('frames', () => {
  it('are cut out of a large chunk: 1 MiB each, and what is left', async () => {
    const content = noise(2 * mebibyte + 5);
    const frames = await framesOf(inChunks(content), 'identity');
    expect(payloadLengths(frames)).toEqual([mebibyte, mebibyte, 5]);
    expect((await decoded(frames)).equals(content)).toBe(true);
  });

  it('gather small chunks', async () => {
    const content = noise(mebibyte + 100);
    const frames = await framesOf(inChunks(content, 4096), 'identity');
    expect(payloadLengths(frames)).toEqual([mebibyte, 100]);
    expect((await decoded(frames)).equals(content)).toBe(true);
  });

  it('of nothing are none, also where empty chunks come', async () => {
    expect(await framesOf(inChunks(Buffer.alloc(0)), 'identity')).toEqual([]);
    async function* empty() {
      yield Buffer.alloc(0);
      yield Buffer.alloc(0);
    }
    expect(await framesOf(empty(), 'identity')).toEqual([]);
  });

  it('of exactly 1 MiB are one', async () => {
    expect(payloadLengths(await framesOf(inChunks(noise(mebibyte), 1000, 70_000), 'identity'))).toEqual([
      mebibyte,
    ]);
  });

  it('come to the same bytes and the same lengths, however the content was cut', async () => {
    const content = Buffer.concat([noise(mebibyte), Buffer.alloc(mebibyte), noise(12_345)]);
    const size = fc.integer({ min: 1000, max: 1_500_000 });
    const property = fc.asyncProperty(
      fc.array(size, { minLength: 1, maxLength: 5 }),
      fc.constantFrom<Encoding>(...supportedEncodings()),
      async (sizes, encoding) => {
        const frames = await framesOf(inChunks(content, ...sizes), encoding);
        expect(frames).toHaveLength(3);
        expect((await decoded(frames)).equals(content)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it('fail with the content', async () => {
    async function* failing() {
      yield Buffer.alloc(3);
      throw new Error('the disk is gone');
    }
    await expect(framesOf(failing(), 'identity')).rejects.toThrow('the disk is gone');
  });

  it('stop the content where nobody wants more', async () => {
    let stopped = 0;
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(mebibyte);
      } finally {
        stopped += 1;
      }
    }
    for (const encoding of supportedEncodings())
      for await (const _ of encodeFrames(endless(), encoding)) break;
    expect(stopped).toBe(supportedEncodings().length);
  });
});

describe.runIf(hasZstd)('compression', () => {
  it('is used where it pays', async () => {
    const content = Buffer.alloc(3 * mebibyte, 'the quick brown fox');
    const frames = await framesOf(inChunks(content), 'zstd');
    expect(types(frames)).toEqual(['zstd', 'zstd', 'zstd']);
    expect(Buffer.concat(frames).length).toBeLessThan(10_000);
    expect((await decoded(frames)).equals(content)).toBe(true);
  });

  it('lets go as it is what does not shrink by an eighth', async () => {
    const almost = Buffer.concat([noise(mebibyte - 100_000), Buffer.alloc(100_000)]);
    expect(types(await framesOf(inChunks(almost), 'zstd'))).toEqual(['identity']);
    const enough = Buffer.concat([noise(mebibyte - 200_000), Buffer.alloc(200_000)]);
    expect(types(await framesOf(inChunks(enough), 'zstd'))).toEqual(['zstd']);
  });

  it('is tried again now and then after content that did not shrink', async () => {
    const content = Buffer.concat([noise(20 * mebibyte), Buffer.alloc(40 * mebibyte)]);
    const frames = await framesOf(inChunks(content), 'zstd');
    expect(types(frames).slice(0, 20)).toEqual(Array(20).fill('identity'));
    expect(
      types(frames)
        .slice(40)
        .filter((type) => type === 'zstd').length,
    ).toBeGreaterThan(10);
    expect((await decoded(frames)).equals(content)).toBe(true);
  });

  it('is not used where it was not asked for', async () => {
    expect(types(await framesOf(inChunks(Buffer.alloc(1000)), 'identity'))).toEqual(['identity']);
  });

  it('is chosen where both speak it', () => {
    expect(chooseEncoding(['zstd', 'identity'])).toBe('zstd');
    expect(chooseEncoding(['identity', 'zstd'])).toBe('zstd');
    expect(chooseEncoding(['brotli', 'identity'])).toBe('identity');
    expect(chooseEncoding(['brotli'])).toBe('identity');
    expect(chooseEncoding([])).toBe('identity');
  });

  it('that hides more than a frame may hold is refused', async () => {
    const says = Buffer.concat([bytes('01 00100000'), bomb(64 * mebibyte)]);
    expect(await codeOf(() => decodeFrame(says))).toBe('PROTOCOL_VIOLATION');
  });

  it('that is none is refused', async () => {
    expect(await codeOf(() => decodeFrame(bytes('01 00000003 616263')))).toBe('PROTOCOL_VIOLATION');
  });
});

describe('a frame', () => {
  it('as it is decodes to its payload', async () => {
    expect(await decodeFrame(bytes('00 616263'))).toEqual(Buffer.from('abc'));
  });

  it('that is malformed is refused', async () => {
    expect(await codeOf(() => decodeFrame(bytes('07')))).toBe('PROTOCOL_VIOLATION');
  });
});
