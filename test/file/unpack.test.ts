import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Compression } from '../../src/file/compression.js';
import { findProgram } from '../../src/file/native.js';
import { type Tools, unpacked } from '../../src/file/unpack.js';
import { nodeZstdDecoder } from '../../src/file/unzstd.js';
import { bytesOf, failureOf, inChunks } from '../archive/samples.js';
import { compressed } from './compressed.js';

const nothing: Tools = { bzip2: undefined, zstd: undefined, zstdDecoder: undefined };
const bzip2 = findProgram('bzip2');
const zstd = findProgram('zstd');
const zstdDecoder = nodeZstdDecoder();

/** Every way to unpack that this machine has. */
const ways: readonly { readonly way: string; readonly compression: Compression; readonly tools: Tools }[] = [
  { way: 'none', compression: 'none', tools: nothing },
  { way: 'gzip', compression: 'gzip', tools: nothing },
  ...(bzip2 === undefined
    ? []
    : [
        { way: 'bzip2 in a worker', compression: 'bzip2' as const, tools: nothing },
        { way: 'bzip2 by the program', compression: 'bzip2' as const, tools: { ...nothing, bzip2 } },
      ]),
  ...(zstd === undefined
    ? []
    : [{ way: 'zstd by the program', compression: 'zstd' as const, tools: { ...nothing, zstd } }]),
  ...(zstd === undefined || zstdDecoder === undefined
    ? []
    : [{ way: "zstd by Node's decoder", compression: 'zstd' as const, tools: { ...nothing, zstdDecoder } }]),
];

const half = randomBytes(300_000);
const content = Buffer.concat([half, Buffer.alloc(2_500_000, 'p2pimg'), half]);

describe.each(ways)('$way', ({ compression, tools }) => {
  const unpack = (bytes: Buffer, size?: number) => bytesOf(unpacked(inChunks(bytes, size), tools));

  it('gives back the bytes, however they come', async () => {
    const packed = compressed(content, compression);
    for (const size of [1_000_000, 10_007]) expect((await unpack(packed, size)).equals(content)).toBe(true);
  });

  it.skipIf(compression === 'none')('goes on behind the end of a first part', async () => {
    const parts = [half, content, half].map((part) => compressed(part, compression));
    expect((await unpack(Buffer.concat(parts))).equals(Buffer.concat([half, content, half]))).toBe(true);
  });

  it.skipIf(compression === 'none')('is refused wherever it breaks off', async () => {
    const packed = compressed(half, compression);
    const cuts = [1, 2, 4, 8, 10, 11, 100, packed.length >> 1];
    for (const cut of cuts)
      expect([cut, await failureOf(unpack(packed.subarray(0, packed.length - cut)))]).toMatchObject([
        cut,
        { code: 'ARCHIVE_INVALID' },
      ]);
  });

  it.skipIf(compression === 'none')('is refused where it is damaged', async () => {
    const packed = Buffer.from(compressed(Buffer.alloc(3_000_000, 'text'), compression));
    packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 8);
    expect(await failureOf(unpack(packed))).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('throws what its source throws', async () => {
    const packed = compressed(content, compression);
    const broken = new Error('the disk is gone');
    async function* breaking(): AsyncGenerator<Buffer> {
      yield packed.subarray(0, packed.length >> 1);
      throw broken;
    }
    const reading = bytesOf(unpacked(breaking(), tools));
    await expect(reading).rejects.toBe(broken);
  });

  it('lets go of its source when its reader leaves', async () => {
    const packed = compressed(content, compression);
    let left = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        yield* inChunks(packed, 10_000);
        for (;;) yield packed;
      } finally {
        left = true;
      }
    }
    for await (const chunk of unpacked(endless(), tools)) if (chunk.length > 0) break;
    await expect.poll(() => left).toBe(true);
  });
});

describe('bzip2 in a worker', () => {
  it.skipIf(bzip2 === undefined)('gives a long run of zeros piece by piece', async () => {
    const zeros = 60_000_000;
    let length = 0;
    for await (const chunk of unpacked(inChunks(compressed(Buffer.alloc(zeros), 'bzip2')), nothing)) {
      expect(chunk.length).toBeLessThanOrEqual(256 * 1024);
      length += chunk.length;
    }
    expect(length).toBe(zeros);
  });
});

describe('a compression', () => {
  it('that nothing here unpacks is told with what would help', async () => {
    const packed = Buffer.from('28b52ffd0458', 'hex');
    expect(await failureOf(bytesOf(unpacked(inChunks(packed), nothing)))).toMatchObject({
      code: 'USAGE',
      facts: { try: expect.stringContaining('zstd') },
    });
  });

  it('that is not read is named', async () => {
    const packed = Buffer.from('fd377a585a000004', 'hex');
    expect(await failureOf(bytesOf(unpacked(inChunks(packed), nothing)))).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('xz'),
    });
  });

  it('is told though the first bytes come one by one', async () => {
    const packed = gzipSync('content');
    expect((await bytesOf(unpacked(inChunks(packed, 1), nothing))).toString()).toBe('content');
  });
});
