import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fuzz, hangMs } from './fuzz.js';
import { Random } from './random.js';
import type { Target } from './target.js';
import { targets } from './targets/all.js';

/** A made-up target of one rule. */
const madeUp = (read: Target['read'], form: Target['form'] = 'bytes'): Target => ({
  name: 'made-up',
  form,
  inputs: { test: 1, share: 1 },
  seeds: () => [Buffer.from('{"key":[1,2]}')],
  words: ['crash'],
  read,
});

describe('a fixed number of inputs, the same each time,', () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    'break nothing in %s',
    async (_, target) => {
      const report = await fuzz(target, { inputs: target.inputs.test, seed: 20_261_124, guided: 0 });
      expect(report.crashes.map(({ text }) => text)).toEqual([]);
      expect(report.hangs).toEqual([]);
      expect(report.inputs).toBe(target.inputs.test);
    },
  );
});

describe('the fuzzer', () => {
  const options = { inputs: 2_000, seed: 1, guided: 0 };

  it('finds an error that is none of ours, and tells of each but once', async () => {
    const report = await fuzz(
      madeUp((input) => {
        if (input.includes('crash')) throw new TypeError('found');
      }),
      options,
    );
    expect(report.crashes).toHaveLength(1);
    expect(Buffer.from(report.crashes[0]?.input ?? '', 'base64').toString()).toContain('crash');
  });

  it('finds an input that takes too long', async () => {
    const report = await fuzz(
      madeUp((input) => {
        const end = performance.now() + 1.1 * hangMs;
        if (input[0] !== 0x7b) while (performance.now() < end);
      }),
      { ...options, inputs: 12, seed: 3 },
    );
    expect(report.hangs.length).toBeGreaterThan(0);
  });

  it('gives the same inputs for the same seed, and others for another', async () => {
    const inputsOf = async (seed: number) => {
      const all = createHash('sha256');
      const beforeEach = (input: Buffer) => void all.update(input).update('\n');
      await fuzz(
        madeUp(() => undefined),
        { ...options, seed, beforeEach },
      );
      return all.digest('hex');
    };
    expect(await inputsOf(1)).toBe(await inputsOf(1));
    expect(await inputsOf(1)).not.toBe(await inputsOf(2));
  });

  it('changes JSON so that it stays JSON, half of the time', async () => {
    let json = 0;
    await fuzz(
      madeUp((input) => {
        try {
          JSON.parse(input.toString());
          json += 1;
        } catch {
          // the other half
        }
      }, 'json'),
      options,
    );
    expect(json).toBeGreaterThan(options.inputs * 0.4);
  });

  it('draws numbers below a limit only', () => {
    const random = new Random(7);
    const drawn = Array.from({ length: 1_000 }, () => random.below(10));
    expect(new Set(drawn).size).toBe(10);
    expect(Math.max(...drawn)).toBe(9);
  });
});
