import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/wire/codec.js';
import { maximumFrameLength, maximumFramePayload, readFrame, writeFrame } from '../../src/wire/frame.js';
import { loadZstd } from '../../src/wire/zstd.js';
import { bomb, codeOf } from '../wire/samples.js';

const violation = 'PROTOCOL_VIOLATION';
const zstd = (payload: Buffer, length: number) => writeFrame({ type: 'zstd', payload, length });

describe('a frame', () => {
  it('holds 1 MiB, and not a byte more', async () => {
    const whole = writeFrame({ type: 'identity', payload: Buffer.alloc(maximumFramePayload) });
    expect((await decodeFrame(whole)).length).toBe(maximumFramePayload);
    const more = writeFrame({ type: 'identity', payload: Buffer.alloc(maximumFramePayload + 1) });
    expect(await codeOf(() => decodeFrame(more))).toBe(violation);
  });

  it('says that it unpacks to 1 MiB, and to not a byte more', async () => {
    expect((await decodeFrame(zstd(bomb(maximumFramePayload), maximumFramePayload))).length).toBe(
      maximumFramePayload,
    );
    expect(() => readFrame(zstd(bomb(1), maximumFramePayload + 1))).toThrow('no proper length');
  });

  it('takes 64 KiB more than that on the wire, and not a byte more', () => {
    expect(readFrame(zstd(Buffer.alloc(maximumFrameLength - 5), 1)).type).toBe('zstd');
    expect(() => readFrame(zstd(Buffer.alloc(maximumFrameLength - 4), 1))).toThrow('too long');
  });

  it('unpacks to just what it says: not to a byte less, nor more', async () => {
    const payload = (await loadZstd()?.compress(Buffer.alloc(5_000, 'ab'))) ?? Buffer.alloc(0);
    expect((await decodeFrame(zstd(payload, 5_000))).length).toBe(5_000);
    for (const length of [4_999, 5_001])
      expect(await codeOf(() => decodeFrame(zstd(payload, length)))).toBe(violation);
  });
});

describe('a bomb in a frame', () => {
  /** What a bomb of this size, 25 KB for each 100 MB of it, may hold in memory at most while it is refused. */
  async function memoryOf(size: number, announced: number): Promise<number> {
    const frame = zstd(bomb(size), announced);
    let [most, over] = [0, false];
    const before = process.memoryUsage();
    const watching = (async () => {
      while (!over) {
        const { arrayBuffers, external, rss } = process.memoryUsage();
        most = Math.max(
          most,
          rss - before.rss,
          arrayBuffers - before.arrayBuffers,
          external - before.external,
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await codeOf(() => decodeFrame(frame))).toBe(violation);
    over = true;
    await watching;
    return most;
  }

  it('of 2 GB costs no more memory than the MiB that a frame may say', async () => {
    expect(bomb(2 ** 31 - 1).length).toBeLessThan(100_000);
    for (const announced of [1, 4_096, maximumFramePayload])
      expect(await memoryOf(2 ** 31 - 1, announced)).toBeLessThan(8 * maximumFramePayload);
  });

  it('just larger than it says is refused as one that is far larger', async () => {
    for (const size of [maximumFramePayload + 1, 4 * maximumFramePayload, 5 * maximumFramePayload])
      expect(await codeOf(() => decodeFrame(zstd(bomb(size), maximumFramePayload)))).toBe(violation);
  });
});
