import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/agent/pace.js';

const never = new AbortController().signal;
const frame = 64 * 1024;

describe('a pace', () => {
  it('holds within a tenth over those who share it', async () => {
    const pace = new Pace(20_000_000);
    const begun = performance.now();
    const passing = Array.from({ length: 3 }, async () => {
      let bytes = 0;
      for (; performance.now() - begun < 2_000; bytes += frame) await pace.pass(frame, never);
      return bytes;
    });
    const bytes = (await Promise.all(passing)).reduce((sum, part) => sum + part, 0);
    const rate = bytes / ((performance.now() - begun) / 1_000);
    expect(rate / 20_000_000).toBeGreaterThan(0.9);
    expect(rate / 20_000_000).toBeLessThan(1.1);
  });

  it('lets all pass at once where there is no limit, and as soon as there is none any more', async () => {
    const pace = new Pace(undefined);
    const begun = performance.now();
    for (let i = 0; i < 1_000; i++) await pace.pass(1e9, never);
    pace.limit = 1_000;
    const held = pace.pass(1e6, never);
    pace.limit = undefined;
    await held;
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('keeps nobody longer than its signal, or than the longest time at once', async () => {
    const pace = new Pace(1_000);
    const begun = performance.now();
    await pace.pass(1e6, never, 50);
    await pace.pass(1e6, AbortSignal.timeout(50));
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
