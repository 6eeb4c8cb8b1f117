import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { give } from '../../src/transfer/give.js';
import { testStore } from '../engine/store-folder.js';
import { get, Log, shelfOf, TestPeer, TestSources } from './peers.js';
import { givenSingly, pulling } from './pulling.js';

const { configDigest, from, peer, reference, size } = await givenSingly();

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
