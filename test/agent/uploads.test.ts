import { describe, expect, it } from 'vitest';
import { Uploads } from '../../src/agent/uploads.js';

const never = new AbortController().signal;

/** Asks for a place, and writes down when it was got. */
function asker(uploads: Uploads) {
  const entered: string[] = [];
  const enter = async (name: string, signal: AbortSignal = never) => {
    const release = await uploads.admit(signal);
    entered.push(name);
    return release;
  };
  return { entered, enter };
}

describe('uploads', () => {
  it('are at most so many at once', async () => {
    const uploads = new Uploads(2);
    const { entered, enter } = asker(uploads);
    const [first, , third] = [await enter('1'), await enter('2'), enter('3')];
    expect(uploads.active).toBe(2);
    expect(entered).toEqual(['1', '2']);
    first();
    await third;
    expect(entered).toEqual(['1', '2', '3']);
    expect(uploads.active).toBe(2);
  });

  it('are let in in the order in which they came', async () => {
    const uploads = new Uploads(1);
    const { entered, enter } = asker(uploads);
    const first = await enter('1');
    const others = ['2', '3', '4'].map(async (name) => (await enter(name))());
    first();
    await Promise.all(others);
    expect(entered).toEqual(['1', '2', '3', '4']);
    expect(uploads.active).toBe(0);
  });

  it('pass a place on only once, however often it is given back', async () => {
    const uploads = new Uploads(1);
    const { enter } = asker(uploads);
    const first = await enter('1');
    const second = enter('2');
    first();
    await second;
    first();
    first();
    expect(uploads.active).toBe(1);
    (await second)();
    expect(uploads.active).toBe(0);
  });

  it('do not keep a place for one who left while waiting', async () => {
    const uploads = new Uploads(1);
    const { entered, enter } = asker(uploads);
    const leaving = new AbortController();
    const first = await enter('1');
    const second = enter('2', leaving.signal);
    const third = enter('3');
    leaving.abort();
    await expect(second).rejects.toMatchObject({ code: 'INTERRUPTED' });
    first();
    (await third)();
    expect(entered).toEqual(['1', '3']);
    expect(uploads.active).toBe(0);
  });

  it('turn away at once who has left already', async () => {
    const uploads = new Uploads(1);
    const { enter } = asker(uploads);
    const first = await enter('1');
    await expect(enter('2', AbortSignal.abort())).rejects.toMatchObject({ code: 'INTERRUPTED' });
    first();
    expect(uploads.active).toBe(0);
  });

  it('do not mind a signal that comes once one is in', async () => {
    const uploads = new Uploads(1);
    const { enter } = asker(uploads);
    const leaving = new AbortController();
    const first = await enter('1');
    const second = enter('2', leaving.signal);
    first();
    const release = await second;
    leaving.abort();
    expect(uploads.active).toBe(1);
    release();
    expect(uploads.active).toBe(0);
  });

  it('tell when their number changes, and only then', async () => {
    const uploads = new Uploads(1);
    const { enter } = asker(uploads);
    const told: number[] = [];
    uploads.events.on('changed', () => told.push(uploads.active));
    const first = await enter('1');
    const second = enter('2');
    first();
    (await second)();
    expect(told).toEqual([1, 0]);
  });

  it('tell each who waits its place, whenever it is another', async () => {
    const uploads = new Uploads(1);
    const told: string[] = [];
    const tell = (name: string) => (place: number, waiting: number) =>
      told.push(`${name} ${place}/${waiting}`);
    const impatient = new AbortController();
    const release = await uploads.admit(never);
    const second = uploads.admit(never, tell('2'));
    const third = uploads.admit(impatient.signal, tell('3'));
    const fourth = uploads.admit(never, tell('4'));
    expect(told.splice(0)).toEqual(['2 1/1', '2 1/2', '3 2/2', '2 1/3', '3 2/3', '4 3/3']);
    impatient.abort();
    await expect(third).rejects.toThrow();
    expect(told.splice(0)).toEqual(['2 1/2', '4 2/2']);
    release();
    (await second)();
    await fourth;
    expect(told).toEqual(['4 1/1']);
  });

  it('are more at once as soon as the limit is greater, and fewer as they end', async () => {
    const uploads = new Uploads(1);
    const { entered, enter } = asker(uploads);
    const all = ['1', '2', '3', '4'].map((name) => enter(name));
    uploads.limit = 3;
    const [first, second] = await Promise.all(all.slice(0, 3));
    expect(entered).toEqual(['1', '2', '3']);
    uploads.limit = 2;
    first?.();
    expect(uploads.active).toBe(2);
    second?.();
    await all[3];
    expect(uploads.active).toBe(2);
  });
});
