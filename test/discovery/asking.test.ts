import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AskSchedule } from '../../src/discovery/asking.js';

describe('asking', () => {
  const asked: number[] = [];
  const schedule = new AskSchedule(() => asked.push(Date.now() / 1_000));
  beforeEach(() => {
    asked.length = 0;
    vi.useFakeTimers({ now: 0 });
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    schedule.stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('comes at once, after 1, 2, 4 … seconds, then every minute', () => {
    schedule.restart();
    vi.advanceTimersByTime(190_000);
    expect(asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  });

  it('begins again with the short delays after a restart', () => {
    schedule.restart();
    vi.advanceTimersByTime(70_000);
    asked.length = 0;
    schedule.restart();
    vi.advanceTimersByTime(8_000);
    expect(asked).toEqual([70, 71, 73, 77]);
  });

  it("takes another's question for its own once it asks every minute", () => {
    schedule.restart();
    schedule.heardOther();
    vi.advanceTimersByTime(63_000);
    expect(asked).toHaveLength(7);
    for (let second = 0; second < 300; second += 30) {
      schedule.heardOther();
      vi.advanceTimersByTime(30_000);
    }
    expect(asked).toHaveLength(7);
    vi.advanceTimersByTime(60_000);
    expect(asked).toHaveLength(8);
  });

  it('ends with stop', () => {
    schedule.restart();
    schedule.stop();
    schedule.heardOther();
    vi.advanceTimersByTime(100_000);
    expect(asked).toEqual([0]);
  });
});
