import { describe, expect, it, onTestFinished } from 'vitest';
import type { WatchEvent, WatchRequest } from '../../src/control/watching.js';
import { asP2pimgError, type P2pimgError } from '../../src/error.js';
import { imageOf, TestDevice } from './team.js';

/** A watch under way, whose events are asked for one by one. */
class Watched {
  readonly events: WatchEvent[] = [];
  readonly #stop = new AbortController();
  readonly #iterator: AsyncIterator<WatchEvent>;

  constructor({ agent }: TestDevice, request: Partial<WatchRequest> = {}) {
    this.#iterator = agent
      .watch({ patterns: ['team/*'], ...request }, this.#stop.signal)
      [Symbol.asyncIterator]();
    onTestFinished(async () => void (await this.stop()));
  }

  /** The next event of this type. */
  async next<T extends WatchEvent['type']>(type: T): Promise<Extract<WatchEvent, { type: T }>> {
    for (;;) {
      const { value, done } = await this.#iterator.next();
      if (done) throw new Error(`it ended without a ${type}: ${JSON.stringify(this.events)}`);
      this.events.push(value);
      if (value.type === type) return value as Extract<WatchEvent, { type: T }>;
    }
  }

  /** Stops it while it waits for an event; resolves to what it ends with. */
  async stop(): Promise<P2pimgError | 'a good end'> {
    const end = this.#iterator.next().then(
      () => 'a good end' as const,
      (error: unknown) => asP2pimgError(error),
    );
    this.#stop.abort();
    return end;
  }
}

const at = (day: number): Date => new Date(Date.UTC(2024, 0, day));
const app = (version: number): string => `docker.io/team/app:${version}`;

/** `bob`, who has images, and `ada`, who knows him and watches. */
async function pair() {
  const bob = await TestDevice.open('bob');
  const ada = await TestDevice.open('ada', { knows: [bob], configuration: { patienceSeconds: 0 } });
  return { ada, bob };
}

describe('a watch', { timeout: 60_000 }, () => {
  it('gets what matches and is there, and what appears later, one after the other', async () => {
    const { ada, bob } = await pair();
    const first = await imageOf('1');
    await bob.put(first, app(1));
    await bob.put(await imageOf('other'), 'docker.io/other/app:1');
    const watch = new Watched(ada);
    expect(await watch.next('watching')).toMatchObject({ peers: 1, newer: 1 });
    expect(await watch.next('got')).toMatchObject({
      image: 'team/app:1',
      configDigest: first.config.digest,
      peer: { name: 'bob' },
    });
    const later = watch.next('got');
    const second = await imageOf('2');
    await bob.put(second, app(2));
    expect((await later).image).toBe('team/app:2');
    expect(await ada.stock()).toEqual(
      [`${first.config.digest} ${app(1)}`, `${second.config.digest} ${app(2)}`].toSorted(),
    );
    expect(await watch.stop()).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('takes a name’s image only if it was made later than the one here', async () => {
    const { ada, bob } = await pair();
    await ada.put(await imageOf('here', 1000, at(10)), app(1));
    await ada.put(await imageOf('same date', 1000, at(10)), app(2));
    await ada.put(await imageOf('old', 1000, at(1)), app(3));
    await bob.put(await imageOf('older', 1000, at(9)), app(1));
    await bob.put(await imageOf('equal', 1000, at(10)), app(2));
    const newer = await imageOf('newer', 1000, at(2));
    await bob.put(newer, app(3));
    const watch = new Watched(ada);
    expect(await watch.next('watching')).toMatchObject({ newer: 1 });
    expect(await watch.next('got')).toMatchObject({ image: 'team/app:3', configDigest: newer.config.digest });
    expect((await ada.stock()).filter((one) => one.includes('team/'))).toHaveLength(3);
  });

  it('with --only-new leaves what is there', async () => {
    const { ada, bob } = await pair();
    await bob.put(await imageOf('1'), app(1));
    const watch = new Watched(ada, { onlyNew: true, once: true });
    expect(await watch.next('watching')).toMatchObject({ newer: 1 });
    const got = watch.next('got');
    const second = await imageOf('2');
    await bob.put(second, app(2));
    expect((await got).image).toBe('team/app:2');
    expect(await ada.stock()).toEqual([`${second.config.digest} ${app(2)}`]);
    expect(await watch.stop()).toBe('a good end');
  });

  it('tells what it could not get once, and tries again when somebody new has it', async () => {
    const bob = await TestDevice.open('bob');
    const cleo = await TestDevice.open('cleo', { knows: [bob] });
    const ada = await TestDevice.open('ada', { knows: [bob, cleo], configuration: { patienceSeconds: 0 } });
    const image = await imageOf('1');
    await bob.put(image, app(1));
    await bob.spoil(image);
    const watch = new Watched(ada);
    expect(await watch.next('failed')).toMatchObject({ image: 'team/app:1' });
    const got = watch.next('got');
    // a change of another kind is no reason to try again
    await bob.put(await imageOf('2'), app(2));
    expect((await got).image).toBe('team/app:2');
    const again = watch.next('got');
    await cleo.put(image, app(1));
    expect(await again).toMatchObject({ image: 'team/app:1', peer: { name: 'cleo' } });
    expect(watch.events.filter(({ type }) => type === 'failed')).toHaveLength(1);
  });

  it('of a device without a team is refused', async () => {
    const ada = await TestDevice.open('ada');
    await ada.agent.leaveTeam();
    await expect(new Watched(ada).next('watching')).rejects.toMatchObject({ code: 'NO_TEAM' });
  });
});
