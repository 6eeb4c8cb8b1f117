import { describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { type Digest, digestOf } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { familiar } from '../../src/image/reference.js';
import type { Shelf } from '../../src/transfer/give.js';
import { testStore } from '../engine/store-folder.js';
import { channelPair, peerIdOf } from './memory-channel.js';
import { get, Log, serveOnce, shelfOf, TestSources } from './peers.js';
import { givenSingly, listed, pulling } from './pulling.js';

const { configDigest, from, peer, reference, size } = await givenSingly();

describe('an image whose blobs are read one by one', () => {
  it('comes over a channel a blob, and gets its name', async () => {
    const { engine } = await testStore();
    const [ada, log] = [peer('ada'), new Log()];
    const sources = new TestSources([ada]);
    const got = await get(pulling(engine), { sources, image: configDigest, reference, watcher: log });
    expect(got).toMatchObject({ reused: 0, replaced: undefined, source: ada });
    expect((await engine.list()).map(({ references }) => references.map(familiar))).toEqual([['team/app:1']]);
    expect(log.events).toEqual(['offered by ada', 'planned', 'loading']);
    expect(log.bytes).toBe(size);
    expect(ada.opened).toHaveLength(5);
    await ada.served;
    expect(ada.opened.map(({ state }) => state)).not.toContain('open');
  });

  it('comes in one stream where it gets no name', async () => {
    const { engine } = await testStore();
    const ada = peer('ada');
    await get(pulling(engine), { sources: new TestSources([ada]), image: configDigest });
    expect(ada.opened).toHaveLength(1);
  });

  it('comes in one stream where its source has no single blobs', async () => {
    const { engine } = await testStore();
    const ada = peer('ada', undefined, { reader: async () => undefined });
    await get(pulling(engine), { sources: new TestSources([ada]), image: configDigest, reference });
    expect(ada.opened).toHaveLength(1);
  });

  it('comes in one stream where the source fails to give single blobs', async () => {
    const { engine } = await testStore();
    const reader = async () => ({
      begin: () => undefined,
      read: async () => {
        throw new P2pimgError('ENGINE_FAILED', 'the push broke off');
      },
      close: async () => undefined,
    });
    const [ada, log] = [peer('ada', undefined, { reader }), new Log()];
    const sources = new TestSources([ada]);
    await get(pulling(engine), { sources, image: configDigest, reference, watcher: log });
    expect((await engine.list()).map(({ references }) => references.map(familiar))).toEqual([['team/app:1']]);
    expect(log.events.filter((event) => event === 'planned')).toHaveLength(2);
  });

  it('comes to nothing where a blob is another one, and says from whom', async () => {
    const { engine } = await testStore();
    const shelf = shelfOf(from);
    const reader: Shelf['reader'] = async (described) => {
      const true_ = await shelf.reader(described);
      return {
        begin: () => undefined,
        close: async () => undefined,
        read: async (digest) => {
          const blob = await (true_ as NonNullable<typeof true_>).read(digest);
          return { ...blob, content: listed([Buffer.alloc(blob.size)]) };
        },
      };
    };
    const getting = get(pulling(engine), {
      sources: new TestSources([peer('ada', undefined, { reader })]),
      image: configDigest,
      reference,
    });
    await expect(getting).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', facts: { peer: 'ada' } });
    expect(await engine.list()).toEqual([]);
  });

  it('is given up with the signal, and all its channels are', async () => {
    const { engine } = await testStore();
    const stop = new AbortController();
    const ada = peer('ada');
    const log = new Log();
    log.received = () => stop.abort(new P2pimgError('INTERRUPTED', 'enough'));
    const getting = get(pulling(engine), {
      sources: new TestSources([ada]),
      image: configDigest,
      reference,
      watcher: log,
      signal: stop.signal,
    });
    await expect(getting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await ada.served;
    expect(ada.opened.map(({ state }) => state)).not.toContain('open');
    expect(await engine.list()).toEqual([]);
  });
});

describe('a ticket', () => {
  it.each(['another peer', 'another ticket', 'another blob'])('is no good for %s', async (what) => {
    const shelf = shelfOf(from);
    const described = await from.describe(
      (await shelf.find(configDigest)).id,
      localPlatform(),
      new AbortController().signal,
    );
    const reader = await from.reader(described);
    if (reader === undefined) throw new Error('a store without single blobs');
    const { receiving, giving } = channelPair();
    const ticket = shelf.tickets.issue({
      peerId: what === 'another peer' ? peerIdOf('e') : giving.peerId,
      image: described,
      reader,
      encoding: 'identity',
    });
    const digest: Digest = what === 'another blob' ? digestOf('other') : configDigest;
    await receiving.send({
      type: 'read',
      ticket: what === 'another ticket' ? '0'.repeat(32) : ticket,
      digest,
      offset: 0,
    });
    await serveOnce(giving, shelf);
    expect(giving.sent).toMatchObject([{ type: 'refuse' }]);
  });
});
