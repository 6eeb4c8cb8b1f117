import { describe, expect, it } from 'vitest';
import { type Run, SharedGets } from '../../src/agent/shared-gets.js';
import type { GetEvent, GetRequest } from '../../src/control/api.js';
import { P2pimgError } from '../../src/error.js';
import { deferred } from '../transfer/deferred.js';
import { listOf } from '../wire/samples.js';

const never = new AbortController().signal;
const looking: GetEvent = { type: 'looking', image: 'app:1' };
const loading: GetEvent = { type: 'loading', engine: 'Docker' };
const progress = (received: number): GetEvent => ({
  type: 'progress',
  received,
  total: 9,
  totalExact: true,
  wire: 0,
});

/** Gets whose runs are in the hands of the test. */
function gets() {
  const runs: {
    request: GetRequest;
    emit: (event: GetEvent) => void;
    signal: AbortSignal;
    end: () => void;
    fail: (error: Error) => void;
  }[] = [];
  const run: Run = (request, emit, signal) => {
    const { promise, resolve, reject } = deferred();
    signal.addEventListener('abort', () => reject(signal.reason));
    runs.push({ request, emit, signal, end: resolve, fail: reject });
    return promise;
  };
  return { runs, shared: new SharedGets(run) };
}

/** A follower who has begun: its first event is asked for. */
function follow(shared: SharedGets, image: string, signal = never, more: Partial<GetRequest> = {}) {
  const events = shared.follow({ image, ...more }, signal);
  return { events, first: events.next() };
}

describe('gets of one image', () => {
  it('are one run, whose events all who follow hear', async () => {
    const { runs, shared } = gets();
    const [one, two] = [follow(shared, 'app:1'), follow(shared, 'docker.io/library/app:1')];
    expect(runs.map(({ request }) => request)).toEqual([{ image: 'app:1' }]);
    runs[0]?.emit(looking);
    runs[0]?.emit(loading);
    runs[0]?.end();
    for (const { first, events } of [one, two]) {
      expect(await first).toEqual({ done: false, value: looking });
      expect(await listOf(events)).toEqual([loading]);
    }
  });

  it('are told to one who comes late: every stage, and of the progress only the last', async () => {
    const { runs, shared } = gets();
    const early = follow(shared, 'app:1');
    for (const event of [looking, progress(1), progress(2), progress(3)]) runs[0]?.emit(event);
    expect((await early.first).value).toEqual(looking);
    const late = follow(shared, 'app:1');
    runs[0]?.emit(loading);
    runs[0]?.end();
    expect((await late.first).value).toEqual(looking);
    expect(await listOf(late.events)).toEqual([progress(3), loading]);
    expect(await listOf(early.events)).toEqual([progress(1), progress(2), progress(3), loading]);
  });

  it('go on while one still follows, and are given up when the last leaves', async () => {
    const { runs, shared } = gets();
    const [leavesFirst, leavesLast] = [new AbortController(), new AbortController()];
    const [one, two] = [
      follow(shared, 'app:1', leavesFirst.signal),
      follow(shared, 'app:1', leavesLast.signal),
    ];
    leavesFirst.abort();
    await expect(one.first).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(runs[0]?.signal.aborted).toBe(false);
    leavesLast.abort();
    await expect(two.first).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it('are given up where the last who follows leaves its loop', async () => {
    const { runs, shared } = gets();
    const { events, first } = follow(shared, 'app:1');
    runs[0]?.emit(looking);
    await first;
    await events.return(undefined);
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it('are over for the last who leaves only when the run has cleaned up', async () => {
    const order: string[] = [];
    const cleaned = deferred();
    const shared = new SharedGets(async (_request, emit, signal) => {
      emit(looking);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await cleaned.promise;
      order.push('cleaned up');
    });
    const { events, first } = follow(shared, 'app:1');
    await first;
    const left = events.return(undefined).then(() => order.push('left'));
    cleaned.resolve();
    await left;
    expect(order).toEqual(['cleaned up', 'left']);
  });

  it('fail for all who follow, with the same error', async () => {
    const { runs, shared } = gets();
    const [one, two] = [follow(shared, 'app:1'), follow(shared, 'app:1')];
    const error = new P2pimgError('NOBODY_HAS_IT', 'nobody has it');
    runs[0]?.fail(error);
    await expect(one.first).rejects.toBe(error);
    await expect(two.first).rejects.toBe(error);
  });

  it('begin anew after the run is over', async () => {
    const { runs, shared } = gets();
    const one = follow(shared, 'app:1');
    runs[0]?.end();
    expect((await one.first).done).toBe(true);
    await shared.ended();
    follow(shared, 'app:1');
    expect(runs).toHaveLength(2);
  });

  it('do not start for one who has left already', async () => {
    const { runs, shared } = gets();
    const one = follow(shared, 'app:1', AbortSignal.abort());
    await expect(one.first).rejects.toMatchObject({ name: 'AbortError' });
    expect(runs.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it.each<[string, Partial<GetRequest>]>([
    ['another image', { image: 'app:2' }],
    ['another platform', { platform: 'linux/arm64' }],
    ['a peer that is named', { from: 'ada' }],
  ])('are runs of their own for %s', async (_what, more) => {
    const { runs, shared } = gets();
    follow(shared, 'app:1');
    follow(shared, 'app:1', never, more);
    expect(runs).toHaveLength(2);
  });

  it('are waited for until all have ended, however', async () => {
    const { runs, shared } = gets();
    const [one, two] = [follow(shared, 'app:1'), follow(shared, 'app:2')];
    let ended = 0;
    const all = shared.ended().then(() => ended++);
    runs[0]?.end();
    await one.first;
    expect(ended).toBe(0);
    runs[1]?.fail(new Error('no'));
    await expect(two.first).rejects.toThrow('no');
    await all;
    expect(ended).toBe(1);
  });

  it('of a selector that is none fail at once', async () => {
    const { shared } = gets();
    await expect(follow(shared, 'A//b').first).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  });

  it('begin anew for one who comes while the last run is being given up', async () => {
    const [stopped, cleaned] = [deferred(), deferred()];
    let runs = 0;
    const shared = new SharedGets(async (_request, emit, signal) => {
      runs += 1;
      emit(looking);
      if (runs > 1) return;
      signal.addEventListener('abort', () => stopped.resolve());
      await cleaned.promise;
      throw new P2pimgError('INTERRUPTED', 'interrupted');
    });
    const one = follow(shared, 'app:1');
    await one.first;
    const left = one.events.return(undefined);
    await stopped.promise;
    const again = follow(shared, 'app:1');
    cleaned.resolve();
    await left;
    expect((await again.first).value).toEqual(looking);
    expect(await listOf(again.events)).toEqual([]);
  });

  it('tell what they said last before they failed', async () => {
    const { runs, shared } = gets();
    const { first, events } = follow(shared, 'app:1');
    runs[0]?.emit(looking);
    runs[0]?.emit(loading);
    runs[0]?.fail(new Error('at once'));
    expect((await first).value).toEqual(looking);
    expect((await events.next()).value).toEqual(loading);
    await expect(events.next()).rejects.toThrow('at once');
  });
});
