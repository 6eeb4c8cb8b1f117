import { describe, expect, it } from 'vitest';
import { age, clock, count, duration, rate, size, sizeOf } from '../../../src/cli/present/units.js';

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [4100, '4.10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [9_994_999, '9.99 MB'],
    [9_996_000, '10.0 MB'],
    [25_100_000, '25.1 MB'],
    [99_949_999, '99.9 MB'],
    [99_960_000, '100 MB'],
    [757_000_000, '757 MB'],
    [1_234_000_000, '1.23 GB'],
  ])('of %d bytes are %s', (bytes, text) => expect(size(bytes)).toBe(text));

  it('of a part are in the unit of the whole', () => {
    expect(sizeOf(400_000, 25_100_000)).toBe('0.4');
    expect(sizeOf(812_000_000, 1_230_000_000)).toBe('0.81');
    expect(sizeOf(16_200_000, 757_000_000)).toBe('16');
  });

  it('come as rates', () => expect(rate(61_000_000)).toBe('61.0 MB/s'));
});

describe('ages', () => {
  const now = Date.parse('2025-06-15T12:00:00Z');
  const hours = (n: number) => new Date(now - n * 3_600_000).toISOString();
  it.each([
    [hours(0.01), '36 s'],
    [hours(0.2), '12 min'],
    [hours(2.9), '2 h'],
    [hours(75), '3 d'],
    [hours(24 * 36), '5 w'],
    [hours(24 * 365 * 3), '3 y'],
    [hours(-5), '0 s'],
    ['1970-01-01T00:00:00Z', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    ['yesterday', undefined],
    [undefined, undefined],
  ])('of %s are %s', (created, text) => expect(age(created, now)).toBe(text));
});

describe('times', () => {
  it.each([
    [0, '0.0 s'],
    [1400, '1.4 s'],
    [9960, '10 s'],
    [59_600, '1 min 0 s'],
    [192_000, '3 min 12 s'],
    [3_840_000, '1 h 4 min'],
  ])('of %d ms take %s', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [-5, '0:00'],
    [6001, '0:07'],
    [754_000, '12:34'],
    [3_753_000, '1:02:33'],
  ])('to come of %d ms are %s', (ms, text) => expect(clock(ms)).toBe(text));
});

it('counts one thing as one', () => {
  expect(count(1, 'layer')).toBe('1 layer');
  expect(count(0, 'layer')).toBe('0 layers');
});
