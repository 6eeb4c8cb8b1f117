import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SendEvent, SendRequest } from '../../src/control/sending.js';
import { asP2pimgError } from '../../src/error.js';
import { until } from '../lab/until.js';
import { imageOf, inTurn, TestDevice, type Traits } from './team.js';

const name = 'docker.io/team/app:2';

/** Two devices: `bob` takes, and `ada`, who knows him, sends. */
async function pair(bobs: Traits['configuration'] = {}, adas: Traits = {}) {
  const bob = await TestDevice.open('bob', { configuration: bobs });
  const ada = await TestDevice.open('ada', { ...adas, knows: [bob] });
  return { ada, bob };
}

/** Sends, and does something at each event; resolves to the events and the error that ended them. */
async function send(
  { agent }: TestDevice,
  request: Partial<SendRequest> = {},
  at: (event: SendEvent, stop: AbortController) => unknown = () => undefined,
) {
  const stop = new AbortController();
  const events: SendEvent[] = [];
  try {
    for await (const event of agent.send({ image: 'team/app:2', peer: 'bob', ...request }, stop.signal)) {
      events.push(event);
      await at(event, stop);
    }
    return { events, error: undefined };
  } catch (error) {
    return { events, error: asP2pimgError(error) };
  }
}

const typesOf = (events: readonly SendEvent[]) => [...new Set(events.map(({ type }) => type))];

/** Bob, a moment after a send that failed: nothing is there, and nothing is left of it. */
async function expectNothing(bob: TestDevice): Promise<void> {
  expect(await bob.stock()).toEqual([]);
  expect((await bob.agent.arrivals()).arrivals).toEqual([]);
  expect(await bob.blobs()).toEqual([]);
}

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

async function untilArrivals({ agent }: TestDevice, count: number): Promise<void> {
  await until(
    inTurn(() => agent.arrivals()),
    ({ arrivals }) => arrivals.length === count,
  );
}

describe('a send', { timeout: 60_000 }, () => {
  it('brings an image and its name to a peer, which tells how it goes', async () => {
    const { ada, bob } = await pair();
    const image = await imageOf('one');
    await ada.put(image, name);
    const { events, error } = await send(ada);
    expect(error).toBeUndefined();
    const types = typesOf(events);
    expect(types.slice(0, 2)).toEqual(['offering', 'accepted']);
    expect(types).toEqual(expect.arrayContaining(['plan', 'progress', 'loading']));
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      image: 'team/app:2',
      configDigest: image.config.digest,
      id: image.manifest.digest,
      already: false,
      peer: { name: 'bob' },
    });
    expect(await bob.stock()).toEqual([`${image.config.digest} ${name}`]);
    expect((await bob.agent.status()).arrivals).toEqual([]);
  });

  it('sends only what the peer lacks, and of an image that is there just the name', async () => {
    const { ada, bob } = await pair();
    const [old, image] = [await imageOf('old'), await imageOf('new')];
    await bob.put(old, name);
    const there = await bob.put(image, 'docker.io/other/name:1');
    await ada.put(image, name);
    const { events } = await send(ada);
    expect(typesOf(events)).toEqual(['offering', 'accepted', 'done']);
    expect(events.at(-1)).toMatchObject({
      already: true,
      received: 0,
      id: there,
      replaced: old.manifest.digest,
    });
    expect(await bob.stock()).toEqual(
      [`${image.config.digest} docker.io/other/name:1 ${name}`, old.config.digest].toSorted(),
    );
  });

  it('without an agent listens for as long as it takes', async () => {
    const { ada, bob } = await pair({}, { serves: false });
    const image = await imageOf('one');
    await ada.put(image, name);
    expect((await send(ada)).error).toBeUndefined();
    expect(await bob.stock()).toEqual([`${image.config.digest} ${name}`]);
    expect((await ada.agent.status()).running).toBe(false);
  });

  it('goes by ID too, and then brings no name', async () => {
    const { ada, bob } = await pair();
    const image = await imageOf('one');
    const id = await ada.put(image);
    expect((await send(ada, { image: id })).error).toBeUndefined();
    expect(await bob.stock()).toEqual([image.config.digest]);
  });

  it('of a hidden image, while nothing is shared, lets just that peer have it, and only meanwhile', async () => {
    const { ada, bob } = await pair({}, { configuration: { sharing: [{ hide: '*' }], paused: true } });
    const image = await imageOf('secret');
    await ada.put(image, name);
    expect((await send(ada)).error).toBeUndefined();
    expect(await bob.stock()).toEqual([`${image.config.digest} ${name}`]);
    const cleo = await TestDevice.open('cleo', { knows: [ada, bob] });
    const get = cleo.agent.get({ image: 'team/app:2', from: 'ada' }, AbortSignal.timeout(30_000));
    await expect(drained(get)).rejects.toMatchObject({ code: 'NOBODY_HAS_IT' });
  });

  it.each<[string, Partial<SendRequest>, string]>([
    ['an image that is not here', { image: 'team/none:1' }, 'IMAGE_UNKNOWN'],
    ['a peer that is not there', { peer: 'nobody' }, 'PEER_UNKNOWN'],
    ['another platform', { platform: 'linux/riscv64' }, 'OTHER_PLATFORM'],
    ['no image name', { image: 'NO/Name' }, 'REFERENCE_INVALID'],
  ])('of %s fails, and nobody is asked', async (_what, request, code) => {
    const { ada, bob } = await pair({ accept: 'ask' });
    await ada.put(await imageOf('one'), name);
    const { events, error } = await send(ada, request);
    expect(error?.code).toBe(code);
    expect(typesOf(events)).toEqual([]);
    await expectNothing(bob);
  });

  it('to one of two peers of the same name says by which IDs they are told apart', async () => {
    const first = await TestDevice.open('bob');
    const second = await TestDevice.open('bob', { knows: [first] });
    const ada = await TestDevice.open('ada', { knows: [first, second] });
    await ada.put(await imageOf('one'), name);
    const { error } = await send(ada);
    expect(error?.code).toBe('SELECTOR_AMBIGUOUS');
    const ids = [first, second].map(async ({ agent }) => (await agent.status()).peerId);
    const [one = '', other = ''] = await Promise.all(ids);
    expect(error?.facts.candidates).toEqual(expect.arrayContaining([one.slice(0, 12), other.slice(0, 12)]));
    expect((await send(ada, { peer: one.slice(0, 8) })).error).toBeUndefined();
    expect(await first.stock()).toHaveLength(1);
    await expectNothing(second);
  });
});

describe('an owner', { timeout: 60_000 }, () => {
  it.each([
    ['who is always asked', { accept: 'ask' }],
    ['who is asked for what is large', { accept: 'team', acceptSize: 1000 }],
  ])('%s, takes it', async (_who, configuration) => {
    const { ada, bob } = await pair(configuration);
    const image = await imageOf('one');
    await ada.put(image, name);
    const { events, error } = await send(ada, {}, async ({ type }) => {
      if (type !== 'asking') return;
      const { arrivals } = await bob.agent.arrivals();
      expect(arrivals).toMatchObject([
        { number: 1, state: 'waiting', image: 'team/app:2', peer: { name: 'ada' }, into: 'engine' },
      ]);
      expect(await bob.stock()).toEqual([]);
      await bob.agent.answer({ which: '1', deed: 'accept' });
    });
    expect(error).toBeUndefined();
    expect(typesOf(events).slice(0, 3)).toEqual(['offering', 'asking', 'accepted']);
    expect(await bob.stock()).toEqual([`${image.config.digest} ${name}`]);
  });

  it('refuses it, by the name of its sender', async () => {
    const { ada, bob } = await pair({ accept: 'ask' });
    await ada.put(await imageOf('one'), name);
    const { error } = await send(ada, {}, async ({ type }) => {
      if (type === 'asking') await bob.agent.answer({ which: 'ada', deed: 'refuse' });
    });
    expect(error).toMatchObject({ code: 'REFUSED', facts: { peer: 'bob', image: 'team/app:2' } });
    expect(error?.message).toBe('its owner does not want it');
    await expectNothing(bob);
  });

  it('who takes nothing is not asked', async () => {
    const { ada, bob } = await pair({ accept: 'never' });
    await ada.put(await imageOf('one'), name);
    const { events, error } = await send(ada);
    expect(error).toMatchObject({ code: 'REFUSED', message: 'it takes nothing that is sent' });
    expect(typesOf(events)).toEqual(['offering']);
    await expectNothing(bob);
  });

  it('has no more than four images of one peer on their way at once', async () => {
    const { ada, bob } = await pair({ accept: 'ask' });
    await ada.put(await imageOf('one'), name);
    const stops: AbortController[] = [];
    const four = Array.from({ length: 4 }, () => send(ada, {}, (_, stop) => stops.push(stop)));
    await untilArrivals(bob, 4);
    expect((await send(ada)).error?.message).toMatch(/^4 images of this device are on their way/);
    await expect(bob.agent.answer({ which: 'ada', deed: 'accept' })).rejects.toMatchObject({
      code: 'SELECTOR_AMBIGUOUS',
    });
    await expect(bob.agent.answer({ which: '9', deed: 'accept' })).rejects.toMatchObject({ code: 'USAGE' });
    for (const stop of stops) stop.abort();
    for (const { error } of await Promise.all(four)) expect(error?.code).toBe('INTERRUPTED');
    await expectNothing(bob);
  });
});

describe('a send that is stopped', { timeout: 60_000 }, () => {
  it('while the owner is asked, is taken back', async () => {
    const { ada, bob } = await pair({ accept: 'ask' });
    await ada.put(await imageOf('one'), name);
    const { error } = await send(ada, {}, ({ type }, stop) => type === 'asking' && stop.abort());
    expect(error?.code).toBe('INTERRUPTED');
    await expectNothing(bob);
  });

  it('while it waits for a place at the sender, leaves nothing', async () => {
    const { ada, bob } = await pair();
    await ada.put(await imageOf('one'), name);
    const places = Array.from({ length: 4 }, () =>
      ada.agent.owner.uploads.admit(new AbortController().signal),
    );
    await Promise.all(places);
    const { error } = await send(ada, {}, ({ type }, stop) => type === 'plan' && stop.abort());
    expect(error?.code).toBe('INTERRUPTED');
    await expectNothing(bob);
  });

  it('in the middle of the bytes, leaves nothing, and goes the next time', async () => {
    const { ada, bob } = await pair();
    const image = await imageOf('large', 60_000_000);
    await ada.put(image, name);
    const { events, error } = await send(ada, {}, (event, stop) => {
      if (event.type === 'progress' && event.received < event.total) stop.abort();
    });
    expect(typesOf(events)).toContain('progress');
    expect(error?.code).toBe('INTERRUPTED');
    await expectNothing(bob);
    expect((await send(ada)).error).toBeUndefined();
    expect(await bob.stock()).toEqual([`${image.config.digest} ${name}`]);
  });

  it('because its agent ends, leaves nothing', async () => {
    const { ada, bob } = await pair();
    await ada.put(await imageOf('large', 60_000_000), name);
    let closing: Promise<void> | undefined;
    const { error } = await send(ada, {}, (event) => {
      if (event.type === 'progress' && event.received < event.total) closing ??= ada.agent.close();
    });
    await closing;
    expect(error?.code).toBe('INTERRUPTED');
    await untilArrivals(bob, 0);
    await expectNothing(bob);
  });

  it('because the peer’s agent ends, says that the peer did not take it', async () => {
    const { ada, bob } = await pair();
    await ada.put(await imageOf('large', 60_000_000), name);
    let closing: Promise<void> | undefined;
    const { error } = await send(ada, {}, (event) => {
      if (event.type === 'progress' && event.received < event.total) closing ??= bob.agent.close();
    });
    await closing;
    expect(['REFUSED', 'PEER_LOST']).toContain(error?.code);
    await setImmediate();
    expect(await bob.stock()).toEqual([]);
    expect(await bob.blobs()).toEqual([]);
  });
});
