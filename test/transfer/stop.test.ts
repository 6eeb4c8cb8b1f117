import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { localPlatform } from '../../src/image/platform.js';
import type { Shelf } from '../../src/transfer/give.js';
import type { Importer } from '../../src/transfer/receive.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { give as fill } from '../engine/claims/subject.js';
import { blobsIn, testStore } from '../engine/store-folder.js';
import { get, honest, Log, notOneByOne, serveOnce, shelfOf, TestPeer, TestSources } from './peers.js';

const image = await freshImage(localPlatform());
const { configDigest } = descriptionOf(image);

/** A peer whose shelf is as told, and what its signal said at the end. */
function peerWith(shelf: Partial<Shelf>, rest: Shelf): TestPeer {
  return new TestPeer('ada', (channel) => serveOnce(channel, { ...rest, ...shelf }));
}

async function filled() {
  const store = await testStore();
  await fill(store.engine, image);
  return store.engine;
}

/** Waits for ever, or until the signal, which it throws. */
async function hang(signal: AbortSignal, begun: () => void): Promise<never> {
  begun();
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

type Place = (stop: () => void, rest: Shelf) => Partial<Shelf>;
const places: readonly (readonly [where: string, shelf: Place])[] = [
  [
    'the source’s engine describes the image',
    (stop) => ({ describe: (_id, _platform, signal) => hang(signal, stop) }),
  ],
  ['it waits for a free upload', (stop) => ({ admit: (signal) => hang(signal, stop) })],
  [
    'the source’s engine has not begun',
    (stop) => ({
      export: (_image, _wanted, signal) => ({
        [Symbol.asyncIterator]: () => ({ next: () => hang(signal, stop) }),
      }),
    }),
  ],
  [
    'a blob is under way',
    (stop, rest) => ({
      async *export(described, wanted, signal) {
        for await (const blob of rest.export(described, wanted, signal))
          yield {
            ...blob,
            content: (async function* () {
              yield Buffer.from('{');
              await hang(signal, stop);
            })(),
          };
      },
    }),
  ],
];

describe('a receiver that is stopped', () => {
  it.each(places)('while %s, settles at once, and both sides let go', async (_where, shelf) => {
    const [from, { engine, folder }] = [await filled(), await testStore()];
    const stopping = new AbortController();
    const ada = peerWith(
      shelf(() => stopping.abort(), shelfOf(from)),
      shelfOf(from),
    );
    const getting = get(engine, {
      sources: new TestSources([ada]),
      image: configDigest,
      signal: stopping.signal,
    });
    await expect(getting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await ada.served;
    expect(ada.opened.map(({ state }) => state)).not.toContain('open');
    expect((await blobsIn(folder)).names).toEqual([]);
  });

  it('while it looks for another source, settles at once', async () => {
    const [from, { engine }] = [await filled(), await testStore()];
    const stopping = new AbortController();
    const log = new Log();
    log.lost = () => stopping.abort();
    const sources = new TestSources([honest('ada', from, 4)]);
    const getting = get(engine, { sources, image: configDigest, watcher: log, signal: stopping.signal });
    await expect(getting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('throws what the signal says, where that is one of ours', async () => {
    const { engine } = await testStore();
    const stopping = new AbortController();
    stopping.abort(new P2pimgError('NO_TEAM', 'left it'));
    const sources = new TestSources([honest('ada', engine)]);
    const getting = get(engine, { sources, image: configDigest, signal: stopping.signal });
    await expect(getting).rejects.toMatchObject({ code: 'NO_TEAM' });
  });

  it('after everything came is not stopped any more', async () => {
    const [from, { engine }] = [await filled(), await testStore()];
    const stopping = new AbortController();
    const ada = honest('ada', from);
    await get(engine, { sources: new TestSources([ada]), image: configDigest, signal: stopping.signal });
    await ada.served;
    stopping.abort();
    expect(ada.opened.map(({ state }) => state)).toEqual(['closed']);
  });
});

describe('a receiver whose own engine fails', () => {
  const failed = new P2pimgError('ENGINE_FAILED', 'the engine is on fire');
  const failing = async (): Promise<never> => {
    throw failed;
  };
  const holding = { layers: new Map(), release: async () => undefined };
  const engines: readonly (readonly [when: string, engine: Importer])[] = [
    ['asked what it holds', { puller: notOneByOne, hold: failing, import: failing, tag: failing }],
    [
      'before the first blob',
      { puller: notOneByOne, hold: async () => holding, import: failing, tag: failing },
    ],
    [
      'within a blob',
      {
        puller: notOneByOne,
        hold: async () => holding,
        async import(_image, _held, blobs) {
          for await (const { content } of blobs) for await (const _ of content) throw failed;
          throw new Error('no blob came');
        },
        tag: failing,
      },
    ],
  ];

  it.each(engines)('%s, says so, and lets the source go', async (_when, engine) => {
    const ada = honest('ada', await filled());
    await expect(get(engine, { sources: new TestSources([ada]), image: configDigest })).rejects.toMatchObject(
      {
        code: 'ENGINE_FAILED',
        message: 'the engine is on fire',
      },
    );
    await ada.served;
    expect(ada.opened.map(({ state }) => state)).not.toContain('open');
  });

  it('lets go of what it held, whatever failed', async () => {
    let released = 0;
    const release = async () => {
      released += 1;
    };
    const engine: Importer = {
      puller: notOneByOne,
      hold: async () => ({ ...holding, release }),
      import: failing,
      tag: failing,
    };
    const getting = get(engine, {
      sources: new TestSources([honest('ada', await filled())]),
      image: configDigest,
    });
    await expect(getting).rejects.toThrow(failed.message);
    expect(released).toBe(1);
  });
});
