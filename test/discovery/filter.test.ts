import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFilter, type FilterContext, mayContain } from '../../src/discovery/filter.js';
import { idOf } from './device.js';

const context: FilterContext = { key: Buffer.alloc(32, 1), peerId: idOf('ada'), generation: 1 };

function items(count: number, prefix = 'docker.io/library/image'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}:latest`);
}

function falsePositives(count: number, probes: number): number {
  const filter = buildFilter(context, items(count));
  return items(probes, 'quay.io/absent').filter((item) => mayContain(context, filter, item)).length / probes;
}

function ones(filter: string): number {
  let count = 0;
  for (const byte of Buffer.from(filter, 'base64url').subarray(0, 449))
    count += byte.toString(2).replaceAll('0', '').length;
  return count;
}

/** Of the bits set in one filter, the share that is set in the other too: one half for unrelated filters. */
function overlap(one: string, other: string): number {
  const bytes = Buffer.from(other, 'base64url');
  const both = Buffer.from(one, 'base64url').map((byte, index) => byte & (bytes[index] ?? 0));
  return ones(Buffer.from(both).toString('base64url')) / ones(one);
}

describe('the image filter', () => {
  it('contains whatever was put in, however much that is', () => {
    const texts = fc.uniqueArray(fc.string({ maxLength: 80 }), { maxLength: 300 });
    fc.assert(
      fc.property(
        texts,
        fc.nat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (all, generation, key) => {
          const own = { ...context, generation, key };
          const filter = buildFilter(own, all);
          expect(all.every((item) => mayContain(own, filter, item))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    [50, 0.001],
    [200, 0.05],
    [400, 0.05],
  ])('is wrong about absent images seldom enough with %i items', (count, limit) => {
    const rate = falsePositives(count, 20_000);
    console.log(`filter: ${count} items, false positives ${(rate * 100).toFixed(4)} %`);
    expect(rate).toBeLessThan(limit);
  });

  it.each([0, 1, 50, 500, 2_000])(
    'has 600 characters and exactly half of its bits set with %i items',
    (count) => {
      const filter = buildFilter(context, items(count));
      expect(filter).toMatch(/^[A-Za-z0-9_-]{600}$/);
      expect(ones(filter)).toBe(449 * 4);
    },
  );

  it('degrades towards "ask anyway" when it is saturated', () => {
    const many = items(20_000);
    const filter = buildFilter(context, many);
    expect(filter).toHaveLength(600);
    expect(many.every((item) => mayContain(context, filter, item))).toBe(true);
    expect(falsePositives(20_000, 1_000)).toBeGreaterThan(0.95);
  });

  it('says "ask anyway" of a filter that is missing or cannot be read', () => {
    for (const filter of [undefined, '', 'AAAA', 'A'.repeat(599), 'A'.repeat(604), '!'.repeat(600)])
      expect(mayContain(context, filter, 'docker.io/library/node:20')).toBe(true);
  });

  it('cannot be tested without the key', () => {
    const shared = items(50);
    const filter = buildFilter(context, shared);
    const answers = { present: 0, absent: 0 };
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const stranger = { ...context, key: randomBytes(32) };
      if (shared.some((item) => mayContain(stranger, filter, item))) answers.present += 1;
      if (items(50, 'quay.io/absent').some((item) => mayContain(stranger, filter, item))) answers.absent += 1;
    }
    expect(Math.abs(answers.present - answers.absent)).toBeLessThan(40);
  });

  it('has nothing in common with another device that shares the same, nor with itself after a change', () => {
    const shared = items(100);
    const filter = buildFilter(context, shared);
    const ofBob = buildFilter({ ...context, peerId: idOf('bob') }, shared);
    const later = buildFilter({ ...context, generation: 2 }, [...shared, 'docker.io/library/node:20']);
    for (const other of [ofBob, later]) expect(Math.abs(overlap(filter, other) - 0.5)).toBeLessThan(0.08);
  });

  it('does not depend on the order of items', () => {
    expect(buildFilter(context, items(100).reverse())).toBe(buildFilter(context, items(100)));
  });
});
