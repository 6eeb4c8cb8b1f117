import { describe, expect, it } from 'vitest';
import { SlidingRate } from '../../../src/cli/present/rate.js';

describe('the rate', () => {
  it('is not known from one moment', () => {
    const rate = new SlidingRate();
    rate.add(0, 0);
    expect(rate.perSecond(0)).toBeUndefined();
  });

  it('is of the last three seconds, whatever was before', () => {
    const rate = new SlidingRate();
    for (let s = 0; s <= 10; s++) rate.add(s * 1000, s * 1_000_000);
    for (let s = 11; s <= 14; s++) rate.add(s * 1000, 10_000_000 + (s - 10) * 5_000_000);
    expect(rate.perSecond(14_000)).toBe(5_000_000);
  });

  it('sinks while nothing comes', () => {
    const rate = new SlidingRate();
    rate.add(0, 0);
    rate.add(1000, 4_000_000);
    expect(rate.perSecond(1000)).toBe(4_000_000);
    expect(rate.perSecond(4000)).toBe(1_000_000);
  });

  it('begins anew after a pause, and where the amount falls back', () => {
    const rate = new SlidingRate();
    rate.add(0, 0);
    rate.add(1000, 1_000_000);
    rate.add(2000, 0);
    rate.add(3000, 2_000_000);
    expect(rate.perSecond(3000)).toBe(2_000_000);
    rate.reset();
    expect(rate.perSecond(3000)).toBeUndefined();
  });
});
