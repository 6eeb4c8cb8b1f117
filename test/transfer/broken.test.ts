import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { maximumFramePayload } from '../../src/wire/frame.js';
import type { Message } from '../../src/wire/message.js';
import { freshImage, layerOf } from '../engine/claims/source.js';
import { testStore } from '../engine/store-folder.js';
import type { Image } from '../fixtures/image.js';
import type { LayerDescription } from '../fixtures/layer.js';
import { file } from '../fixtures/tar.js';
import { get, honest, Log, TestSources } from './peers.js';
import { stocked } from './stocked.js';

const large: LayerDescription = { entries: [file('large', { random: 2_500_000 })], compression: 'none' };
const image = await freshImage(localPlatform(), [large, layerOf('small')]);
const configDigest = parseDigest(image.config.digest);
const [largeBlob, smallBlob] = image.layers.map(({ blob }) => blob) as [Image['config'], Image['config']];
const size = image.config.size + largeBlob.size + smallBlob.size;

const from = await stocked(image);

// What the source sends, in order: the places at which a connection can break.
const sends = [
  'offer',
  'preparing',
  'blob',
  1,
  'blobEnd',
  'blob',
  2,
  3,
  4,
  'blobEnd',
  'blob',
  5,
  'blobEnd',
  'end',
];
const places = sends.map((what, at) => [`${at}: ${what}`, at] as const);
const blobsSent = (sent: readonly (Message | number)[] = []) =>
  sent.filter((one) => typeof one !== 'number').filter((one) => one.type === 'blob');

describe('a source that breaks before each first byte', () => {
  it('is found again for as long as the patience lasts, and no longer', async () => {
    const { engine } = await testStore();
    const ada = honest('ada', from, ...Array<number>(10_000).fill(sends.indexOf(1)));
    const sources = new TestSources([ada], true);
    const getting = get(engine, { sources, image: configDigest, configDigest, patienceMs: 200 });
    await expect(getting).rejects.toMatchObject({ code: 'PEER_LOST', facts: { peer: 'ada' } });
    expect(ada.opened.length).toBeGreaterThan(2);
    expect(await engine.list()).toEqual([]);
  });
});

describe('a connection that breaks before the source sends', () => {
  it.each(places)('%s is gone on with by the same source, and no byte comes twice', async (_what, at) => {
    const { engine } = await testStore();
    const [ada, log] = [honest('ada', from, at), new Log()];
    const sources = new TestSources([ada], true);
    await get(engine, { sources, image: configDigest, configDigest, watcher: log });
    expect((await engine.list()).map((one) => one.configDigest)).toEqual([configDigest]);
    expect(log.bytes).toBe(size);
    expect(ada.opened[0]?.sent.length).toBeGreaterThanOrEqual(Math.min(at, sends.length - 1));
  });

  it.each(places)('%s is gone on with by another', async (_what, at) => {
    const { engine } = await testStore();
    const [ada, bob, log] = [honest('ada', from, at), honest('bob', from), new Log()];
    const got = await get(engine, {
      sources: new TestSources([ada, bob]),
      image: configDigest,
      configDigest,
      watcher: log,
    });
    expect(log.bytes).toBe(size);
    // The end is only a courtesy: everything has come by then.
    expect(got.source.peer.name).toBe(at === sends.length - 1 ? 'ada' : 'bob');
    expect(log.events.filter((event) => event.startsWith('lost'))).toEqual(
      at === 0 || at === 13 ? [] : ['lost ada'],
    );
  });

  it('is what these places are: an honest source sends just that', async () => {
    const { engine } = await testStore();
    const ada = honest('ada', from);
    await get(engine, { sources: new TestSources([ada]), image: configDigest });
    await ada.served;
    let frames = 0;
    expect(ada.opened[0]?.sent.map((one) => (typeof one === 'number' ? ++frames : one.type))).toEqual(sends);
  });
});

describe('a blob that broke off', () => {
  it('goes on at the byte where the connection broke, before all else', async () => {
    const { engine } = await testStore();
    const [ada, bob, log] = [honest('ada', from, 8), honest('bob', from), new Log()];
    await get(engine, {
      sources: new TestSources([ada, bob]),
      image: configDigest,
      configDigest,
      watcher: log,
    });
    const [digest, offset] = [parseDigest(largeBlob.digest), 2 * maximumFramePayload];
    expect(blobsSent(bob.opened[0]?.sent)).toEqual([
      { type: 'blob', digest, size: largeBlob.size, offset },
      { type: 'blob', digest: parseDigest(smallBlob.digest), size: smallBlob.size, offset: 0 },
    ]);
    expect(log.events).toEqual(['offered by ada', 'planned', 'lost ada', 'resumed by bob', 'loading']);
  });

  it('goes on however often that happens', async () => {
    const { engine } = await testStore();
    // Each connection lasts for the offer, two messages, and one frame more of the large blob.
    const [ada, log] = [honest('ada', from, 5, 4, 4, 4, 4), new Log()];
    await get(engine, {
      sources: new TestSources([ada], true),
      image: configDigest,
      configDigest,
      watcher: log,
    });
    expect(log.bytes).toBe(size);
    expect(ada.opened.slice(1).map(({ sent }) => blobsSent(sent)[0]?.offset)).toEqual([
      0,
      maximumFramePayload,
      2 * maximumFramePayload,
      largeBlob.size,
      0, // of the small one
    ]);
  });

  it('counts the bytes of all connections', async () => {
    const { engine } = await testStore();
    const sources = new TestSources([honest('ada', from, 8), honest('bob', from)]);
    const whole = await get((await testStore()).engine, {
      sources: new TestSources([honest('ada', from)]),
      image: configDigest,
    });
    const { wire } = await get(engine, { sources, image: configDigest });
    expect(wire).toBeGreaterThan(whole.wire);
    expect(wire).toBeLessThan(whole.wire + 10_000);
  });
});
