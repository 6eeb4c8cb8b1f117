import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from '../../src/file/zstd-frames.js';
import { digestOf } from '../../src/image/digest.js';
import { loadZstd } from '../../src/wire/zstd.js';

const zstd = loadZstd();

/** The frames that a splitter finds in bytes given so many at a time. */
function framesIn(bytes: Buffer, size: number): Buffer[] {
  const splitter = new FrameSplitter();
  const frames: Buffer[] = [];
  let pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size)
    for (const piece of splitter.push(bytes.subarray(at, at + size))) {
      pieces.push(piece.bytes);
      if (!piece.ends) continue;
      frames.push(Buffer.concat(pieces));
      pieces = [];
    }
  splitter.end();
  return frames;
}

describe.skipIf(zstd === undefined)('frames of zstd', () => {
  const compress = async (bytes: Buffer): Promise<Buffer> => {
    if (zstd === undefined) throw new Error('no zstd');
    return zstd.compress(bytes);
  };

  it('are told apart, whatever they hold and however they come', async () => {
    const contents = [Buffer.alloc(0), Buffer.alloc(400_000), randomBytes(300_000), Buffer.from('short')];
    const frames = await Promise.all(contents.map(compress));
    for (const size of [1, 3, 100, 1_000_000])
      expect(framesIn(Buffer.concat(frames), size).map(digestOf)).toEqual(frames.map(digestOf));
  });

  it('are found between those to be skipped', async () => {
    const frame = await compress(randomBytes(1000));
    const skippable = Buffer.from('502a4d1803000000616263', 'hex');
    const empty = Buffer.from('5f2a4d1800000000', 'hex');
    const bytes = Buffer.concat([skippable, frame, empty, frame, skippable]);
    for (const size of [1, 7, 10_000]) expect(framesIn(bytes, size)).toEqual([frame, frame]);
  });

  it('are refused wherever the last breaks off', async () => {
    const frame = await compress(randomBytes(200_000));
    for (let cut = 1; cut < frame.length; cut += 997)
      expect(() => framesIn(frame.subarray(0, frame.length - cut), 4096)).toThrow(/breaks off/);
  });

  it('are refused where something else follows', async () => {
    const frame = await compress(Buffer.from('text'));
    expect(() => framesIn(Buffer.concat([frame, Buffer.from('more of it')]), 100)).toThrow(/something else/);
  });
});
