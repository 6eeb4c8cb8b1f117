import { describe, expect, it, vi } from 'vitest';
import { ahead } from '../../src/wire/ahead.js';
import { deferred } from '../transfer/deferred.js';
import { listOf } from './samples.js';

async function* numbers(count: number, read: number[] = []) {
  for (let one = 0; one < count; one++) {
    read.push(one);
    yield one;
  }
}

describe('reading ahead', () => {
  it('keeps the order, whichever is done first', async () => {
    const turns = [5, 1, 3, 0, 2, 4];
    const slow = async (one: number) => {
      for (let turn = 0; turn < (turns[one] ?? 0); turn++) await Promise.resolve();
      return one * 10;
    };
    expect(await listOf(ahead(numbers(6), slow, 4))).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it('has so many items at work and no more, before the first is taken', async () => {
    const first = deferred<number>();
    const begun: number[] = [];
    const work = (one: number) => {
      begun.push(one);
      return one === 0 ? first.promise : Promise.resolve(one);
    };
    const results = ahead(numbers(10), work, 3);
    const taken = results.next();
    await vi.waitFor(() => expect(begun).toEqual([0, 1, 2]));
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2]);
    first.resolve(7);
    expect((await taken).value).toBe(7);
    expect(await listOf(results)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('fails after what was before, with items and with work', async () => {
    async function* failing() {
      yield 1;
      yield 2;
      throw new Error('no more');
    }
    const work = async (one: number) => {
      if (one === 3) throw new Error('not that one');
      return one;
    };
    const seen: number[] = [];
    const drain = async (results: AsyncIterable<number>) => {
      for await (const one of results) seen.push(one);
    };
    await expect(drain(ahead(failing(), work, 4))).rejects.toThrow('no more');
    await expect(drain(ahead(numbers(9), work, 4))).rejects.toThrow('not that one');
    expect(seen).toEqual([1, 2, 0, 1, 2]);
  });

  it('stops the items where nobody wants more', async () => {
    const stopped = vi.fn();
    async function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        stopped();
      }
    }
    for await (const _ of ahead(endless(), async (one) => one, 3)) break;
    expect(stopped).toHaveBeenCalledOnce();
  });

  it('can be left without waiting for an item that does not come', async () => {
    const never = deferred<number>();
    async function* stuck() {
      yield 1;
      yield await never.promise;
    }
    for await (const _ of ahead(stuck(), async (one) => one, 3, 'forget')) break;
    never.resolve(2);
  });
});
