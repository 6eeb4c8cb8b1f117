import { describe, expect, it } from 'vitest';
import { CompressionChoice } from '../../src/wire/compression-choice.js';

const mebibyte = 1024 * 1024;

/** A link, a processor and content: all in MB/s, but for the share to which content shrinks. */
interface Circumstances {
  readonly link: number;
  readonly compressing: number;
  readonly shrinks: number;
}

/** Sends frames under a clock of its own; the share of them that went compressed. */
function run(frames: number, circumstances: Circumstances, choice?: { at: number; one: CompressionChoice }) {
  const time = choice ?? { at: 0, one: undefined as unknown as CompressionChoice };
  time.one ??= new CompressionChoice(() => time.at);
  const { link, compressing, shrinks } = circumstances;
  let compressed = 0;
  for (let frame = 0; frame < frames; frame++) {
    const encoding = time.one.next();
    let bytes = mebibyte;
    if (encoding === 'zstd') {
      time.one.begin();
      time.at += mebibyte / compressing / 1000;
      bytes = Math.round(mebibyte * shrinks);
      time.one.end(mebibyte, bytes);
      compressed += 1;
    }
    const sendMs = bytes / link / 1000;
    time.at += sendMs;
    time.one.sent(encoding, bytes, sendMs);
  }
  return { share: compressed / frames, time };
}

describe('frames are compressed', () => {
  it('on a link of 200 Mbit, but for a few that ask for its rate', () => {
    expect(run(700, { link: 24, compressing: 100, shrinks: 0.3 }).share).toBeGreaterThan(0.97);
  });

  it('on a link of 1 Gbit where the processor is well ahead of it', () => {
    expect(run(700, { link: 118, compressing: 400, shrinks: 0.3 }).share).toBeGreaterThan(0.95);
  });

  it('seldom on a link of 1 Gbit where the processor is busy', () => {
    expect(run(700, { link: 118, compressing: 120, shrinks: 0.3 }).share).toBeLessThan(0.1);
  });

  it('seldom where the socket takes all at once', () => {
    expect(run(700, { link: 5_000, compressing: 400, shrinks: 0.3 }).share).toBeLessThan(0.05);
  });

  it('one in sixteen or two, on whatever link, where they do not shrink', () => {
    for (const link of [1, 24, 118]) {
      const { share } = run(700, { link, compressing: 400, shrinks: 0.99 });
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(0.15);
    }
  });

  it('from the first frame on, before anything is known', () => {
    expect(new CompressionChoice(() => 0).next()).toBe('zstd');
  });

  it('again when the link becomes slower, and no longer when it becomes faster', () => {
    const fast = { link: 900, compressing: 300, shrinks: 0.3 };
    const slow = { ...fast, link: 24 };
    const { time, share } = run(300, fast);
    expect(share).toBeLessThan(0.1);
    run(200, slow, time);
    expect(run(300, slow, time).share).toBeGreaterThan(0.95);
    run(400, fast, time);
    expect(run(300, fast, time).share).toBeLessThan(0.1);
  });

  it('again when the processor has time again', () => {
    const busy = { link: 118, compressing: 100, shrinks: 0.3 };
    const { time } = run(300, busy);
    run(800, { ...busy, compressing: 500 }, time);
    expect(run(200, { ...busy, compressing: 500 }, time).share).toBeGreaterThan(0.9);
  });
});

it('several frames at once share the time that compressing took', () => {
  let now = 0;
  const choice = new CompressionChoice(() => now);
  for (let round = 0; round < 10; round++) {
    for (let one = 0; one < 4; one++) choice.begin();
    now += 8; // four in 8 ms: 500 MB/s, though each took 8 ms
    for (let one = 0; one < 4; one++) choice.end(mebibyte, mebibyte / 4);
  }
  for (let one = 0; one < 8; one++) choice.sent('identity', mebibyte, 9);
  expect([1, 2, 3, 4].map(() => choice.next())).toEqual(Array(4).fill('zstd'));
});
