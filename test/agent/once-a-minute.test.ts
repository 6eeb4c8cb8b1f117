import { describe, expect, it } from 'vitest';
import { maximumTold, OnceAMinute } from '../../src/agent/once-a-minute.js';

describe('what a stranger does over and over', () => {
  it('is told once a minute, each thing by itself', () => {
    let now = 0;
    const told = new OnceAMinute(() => now);
    expect([told.isDue('a'), told.isDue('a'), told.isDue('b')]).toEqual([true, false, true]);
    now = 59_999;
    expect(told.isDue('a')).toBe(false);
    now = 60_000;
    expect([told.isDue('a'), told.isDue('a')]).toEqual([true, false]);
  });

  it('is remembered a thousand times, and for one more the first is forgotten', () => {
    const told = new OnceAMinute(() => 0);
    for (let at = 0; at < maximumTold; at += 1) expect(told.isDue(`${at}`)).toBe(true);
    expect(told.isDue('0')).toBe(false);
    expect(told.isDue('one more')).toBe(true);
    expect([told.isDue('1'), told.isDue('0')]).toEqual([false, true]);
  });
});
