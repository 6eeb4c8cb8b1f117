import { describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { parseDigest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { freshImage, layerOf } from '../engine/claims/source.js';
import { give as fill } from '../engine/claims/subject.js';
import { testStore } from '../engine/store-folder.js';
import { buildImage } from '../fixtures/image.js';
import type { LayerDescription } from '../fixtures/layer.js';
import { file } from '../fixtures/tar.js';
import type { MemoryChannel } from './memory-channel.js';
import { get, honest, Log, serveOnce, shelfOf, TestPeer, TestSources } from './peers.js';
import { stocked } from './stocked.js';

const large: LayerDescription = { entries: [file('large', { random: 2_500_000 })], compression: 'none' };
const image = await freshImage(localPlatform(), [large, layerOf('small')]);
const { os, architecture } = localPlatform();
const configDigest = parseDigest(image.config.digest);

const from = await stocked(image);

describe('a source in whose place another comes', () => {
  const two = (compression: 'gzip' | 'none') =>
    buildImage({
      layers: [large, layerOf('one form', compression), layerOf('last')],
      platform: { os, architecture },
    });

  it('may have the image in other blobs: then all begins anew', async () => {
    const [{ engine: first }, { engine: second }, { engine }] = [
      await testStore(),
      await testStore(),
      await testStore(),
    ];
    const [zipped, plain] = [await two('gzip'), await two('none')];
    expect(zipped.config.digest).toBe(plain.config.digest);
    await fill(first, zipped);
    const id = await fill(second, plain);
    const [ada, bob] = [honest('ada', first, 7), honest('bob', second)];
    const got = await get(engine, { sources: new TestSources([ada, bob]), image: zipped.config.digest });
    expect(got).toMatchObject({ id, source: bob });
    expect(bob.opened).toHaveLength(1);
    await bob.served;
    expect(bob.opened[0]?.state).toBe('closed');
  });

  it('may have other blobs of what came already', async () => {
    const [{ engine: first }, { engine: second }, { engine }] = [
      await testStore(),
      await testStore(),
      await testStore(),
    ];
    const [zipped, plain] = [await two('gzip'), await two('none')];
    const id = await fill(first, zipped);
    await fill(second, plain);
    const log = new Log();
    // By then only the last layer is left, which both have alike.
    const sources = new TestSources([honest('ada', first, 13), honest('bob', second)]);
    const got = await get(engine, { sources, image: zipped.config.digest, watcher: log });
    expect(got.id).toBe(id);
    expect(log.events).toEqual(['offered by ada', 'planned', 'lost ada', 'resumed by bob', 'loading']);
  });

  it('must have the same image', async () => {
    const [{ engine: other }, { engine }] = [await testStore(), await testStore()];
    await fill(other, await freshImage(localPlatform()));
    const sources = new TestSources([honest('ada', from, 8), honest('bob', other), honest('cleo', from)]);
    const got = await get(engine, { sources, image: configDigest });
    expect(got.source.peer.name).toBe('cleo');
    expect(sources.failures).toEqual([
      ['ada', 'PEER_LOST'],
      ['bob', 'IMAGE_UNKNOWN'],
    ]);
  });
});

describe('patience', () => {
  it('ends, and then the transfer fails with the peer that was lost, and nothing is kept', async () => {
    const { engine } = await testStore();
    const sources = new TestSources([honest('ada', from, 8)]);
    const getting = get(engine, { sources, image: configDigest, name: 'app:1', patienceMs: 30 });
    await expect(getting).rejects.toMatchObject({
      code: 'PEER_LOST',
      facts: { peer: 'ada', image: 'app:1' },
    });
    expect(await engine.list()).toEqual([]);
  });

  it('ends also while a source answers again and again, but never gives', async () => {
    const { engine } = await testStore();
    const breaking = async (channel: MemoryChannel) => {
      channel.beforeSend = (count) => {
        if (count === 8) channel.destroy(new P2pimgError('PEER_LOST', 'once'));
      };
      await serveOnce(channel, shelfOf(from));
    };
    const ada = new TestPeer('ada', async (channel, time) => {
      if (time > 1) channel.destroy(new P2pimgError('PEER_LOST', 'again'));
      else await breaking(channel);
    });
    const getting = get(engine, {
      sources: new TestSources([ada], true),
      image: configDigest,
      patienceMs: 30,
    });
    await expect(getting).rejects.toMatchObject({ code: 'PEER_LOST', facts: { peer: 'ada' } });
    expect(ada.opened.length).toBeGreaterThan(1);
  });
});
