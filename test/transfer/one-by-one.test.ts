import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Engine, Puller } from '../../src/engine/port.js';
import { P2pimgError } from '../../src/error.js';
import type { BlobStream } from '../../src/image/blob.js';
import { type Digest, digestOf, parseDigest } from '../../src/image/digest.js';
import { type ImageDescription, missingBlobs } from '../../src/image/image.js';
import { localPlatform } from '../../src/image/platform.js';
import { familiar, parseReference } from '../../src/image/reference.js';
import { give, type Shelf } from '../../src/transfer/give.js';
import type { Channel } from '../../src/wire/channel.js';
import { freshImage, layerOf } from '../engine/claims/source.js';
import { testStore } from '../engine/store-folder.js';
import type { LayerDescription } from '../fixtures/layer.js';
import { file } from '../fixtures/tar.js';
import { channelPair, peerIdOf } from './memory-channel.js';
import { get, Log, serveOnce, shelfOf, TestPeer, TestSources } from './peers.js';
import { stocked } from './stocked.js';

const large = (name: string): LayerDescription => ({
  entries: [file(name, { random: 2_500_000 })],
  compression: 'none',
});
const image = await freshImage(localPlatform(), [large('one'), large('two'), layerOf('small')]);
const configDigest = parseDigest(image.config.digest);
const size = [image.config, ...image.layers.map(({ blob }) => blob)].reduce(
  (sum, blob) => sum + blob.size,
  0,
);
const reference = parseReference('team/app:1');

const from = await stocked(image);

/** A store that imports as Docker pulls: it asks for all blobs at once, and puts them together itself. */
function pulling(engine: Engine, held: Puller['held'] = new Map()) {
  return {
    hold: engine.hold.bind(engine),
    import: engine.import.bind(engine),
    tag: engine.tag.bind(engine),
    puller: async (wanted: ImageDescription): Promise<Puller> => ({
      held,
      async pull(read, name, signal) {
        const blobs = await Promise.all(
          missingBlobs(wanted, new Map()).map(async (digest): Promise<BlobStream> => {
            const blob = read(digest, 0);
            const chunks: Buffer[] = [];
            for await (const chunk of blob.content) chunks.push(chunk);
            return { ...blob, content: listed(chunks) };
          }),
        );
        const id = await engine.import(wanted, new Map(), listed(blobs), signal);
        return { id, replaced: await engine.tag(id, name) };
      },
    }),
  };
}

async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/**
 * A peer with one shelf for all its channels; before the send of that number, over all of them, its cable is cut, or just
 * the one connection.
 */
function peer(
  name: string,
  cutBefore?: number,
  more: Partial<Shelf> = {},
  cutting: 'all' | 'one' = 'all',
): TestPeer & { sends: () => number } {
  const shelf = { ...shelfOf(from), ...more };
  const channels = new Set<Channel>();
  let sent = 0;
  const cut = () => {
    for (const channel of channels) channel.destroy(new P2pimgError('PEER_LOST', 'the cable was cut'));
    channels.clear();
  };
  const one = new TestPeer(name, async (channel) => {
    channels.add(channel);
    channel.beforeSend = () => {
      if (sent === cutBefore && cutting === 'all') cut();
      if (sent === cutBefore && cutting === 'one')
        channel.destroy(new P2pimgError('PEER_LOST', 'this one was cut'));
      sent += 1;
    };
    await serveOnce(channel, shelf);
  });
  return Object.assign(one, { sends: () => sent });
}

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

describe('a cable that is cut before any send of the source', () => {
  it('loses no byte, and brings none twice: all go on from the same source, or another', async () => {
    const whole = peer('ada');
    const store = await testStore();
    await get(pulling(store.engine), { sources: new TestSources([whole]), image: configDigest, reference });
    await whole.served;
    expect(whole.sends()).toBeGreaterThan(15);
    // The offer is asked for anew by `connect`; from then on nothing is.
    for (let at = 1; at < whole.sends(); at++)
      for (const other of [true, false]) {
        const { engine } = await testStore();
        const log = new Log();
        const sources = new TestSources([peer('ada', at), ...(other ? [peer('bob')] : [])], !other);
        const got = await get(pulling(engine), { sources, image: configDigest, reference, watcher: log });
        expect([at, log.bytes]).toEqual([at, size]);
        expect([at, got.source.peer.name]).toEqual([at, other ? 'bob' : 'ada']);
        expect(log.events.filter((event) => /lost|resumed/.test(event))).toEqual([
          'lost ada',
          `resumed by ${other ? 'bob' : 'ada'}`,
        ]);
        expect(await engine.list()).toHaveLength(1);
      }
  });

  it('lets the next source expect just what is left: an engine waits for what it is to push', async () => {
    const whole = peer('ada');
    const store = await testStore();
    await get(pulling(store.engine), { sources: new TestSources([whole]), image: configDigest, reference });
    await whole.served;
    const expected: number[] = [];
    for (let at = 1; at < whole.sends(); at++) {
      const { engine } = await testStore();
      const bob = peer('bob');
      const sources = new TestSources([peer('ada', at), bob]);
      await get(pulling(engine), { sources, image: configDigest, reference });
      const said = bob.opened.flatMap(({ other }) => other.sent).filter((one) => typeof one !== 'number');
      const [want] = said.filter((one) => one.type === 'want');
      expect([at, new Set(want?.digests)]).toEqual([
        at,
        new Set(said.filter((one) => one.type === 'read').map(({ digest }) => digest)),
      ]);
      expected.push(want?.digests.length ?? 0);
    }
    expect([Math.max(...expected), Math.min(...expected)]).toEqual([4, 1]);
  });

  it('may be that of one blob: the others go on too, though their source refuses what they still ask', async () => {
    const whole = peer('ada');
    const store = await testStore();
    await get(pulling(store.engine), { sources: new TestSources([whole]), image: configDigest, reference });
    await whole.served;
    for (let at = 1; at < whole.sends(); at++) {
      const { engine } = await testStore();
      const log = new Log();
      const ada = peer('ada', at, {}, 'one');
      const open = ada.open.bind(ada);
      let opened = 0;
      // every other connection takes its time, so that the transfer may be over when it is there
      ada.open = async () => {
        const turns = opened++ % 2 === 0 ? 0 : 30;
        const channel = await open();
        for (let turn = 0; turn < turns; turn++) await nextTurn();
        return channel;
      };
      const sources = new TestSources([ada], true);
      await get(pulling(engine), { sources, image: configDigest, reference, watcher: log });
      expect([at, log.bytes]).toEqual([at, size]);
      expect([at, log.events.filter((event) => event === 'planned')]).toEqual([at, ['planned']]);
    }
  });

  it('ends the patience where no source brings anything, however often one is found', async () => {
    const { engine } = await testStore();
    const ada = new TestPeer('ada', async (channel) => {
      const incoming = await channel.receive();
      const message = incoming?.type === 'message' ? incoming.message : undefined;
      if (message?.type === 'read') channel.destroy(new P2pimgError('PEER_LOST', 'the cable was cut'));
      else if (message?.type === 'request') await give(channel, message, shelfOf(from));
    });
    const getting = get(pulling(engine), {
      sources: new TestSources([ada], true),
      image: configDigest,
      reference,
      patienceMs: 200,
    });
    await expect(getting).rejects.toMatchObject({ code: 'PEER_LOST', facts: { peer: 'ada' } });
    expect(ada.opened.length).toBeGreaterThan(2);
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
