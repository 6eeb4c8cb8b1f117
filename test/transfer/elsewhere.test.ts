import { describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { isLie } from '../../src/transfer/blame.js';
import { descriptionOf } from '../engine/claims/source.js';
import { give as fill } from '../engine/claims/subject.js';
import { blobsIn, testStore } from '../engine/store-folder.js';
import { image, lies } from './lies.js';
import { get, honest, Log, serveOnce, shelfOf, TestPeer, TestSources } from './peers.js';
import { scripted } from './scripted.js';

const { configDigest } = descriptionOf(image);

/** A store that has the image, and one that is empty. */
async function stores() {
  const [{ engine: from }, to] = [await testStore(), await testStore()];
  await fill(from, image);
  return { from, ...to };
}

/** Has the image too, but changes a byte of the first frame that it gives; breaks off after so many things sent. */
function twister(
  name: string,
  engine: Parameters<typeof shelfOf>[0],
  breaksAfter = Number.POSITIVE_INFINITY,
) {
  return new TestPeer(name, (channel) => {
    let isTold = false;
    channel.beforeSend = (count) => {
      if (count === breaksAfter) channel.destroy(new P2pimgError('PEER_LOST', 'it went'));
    };
    const twisted: typeof channel = Object.create(channel, {
      sendFrame: {
        value: (frame: Buffer) => {
          const last = frame.length - 1;
          if (!isTold) frame[last] = (frame[last] ?? 0) ^ 1;
          isTold = true;
          return channel.sendFrame(frame);
        },
      },
      send: { value: (message: Parameters<typeof channel.send>[0]) => channel.send(message) },
      receive: {
        // Without compression, so that what is changed is the blob and not its packing.
        value: async () => {
          const incoming = await channel.receive();
          if (incoming?.type !== 'message' || incoming.message.type !== 'request') return incoming;
          return { type: 'message', message: { ...incoming.message, encodings: [] } };
        },
      },
      close: { value: () => channel.close() },
      destroy: { value: (error: Error) => channel.destroy(error) },
    });
    return serveOnce(twisted, shelfOf(engine));
  });
}

describe('after a source that lied', () => {
  it.each(lies)('with %s, the image comes from the next', async (_what, code, script) => {
    const { from, engine: to } = await stores();
    const sources = new TestSources([scripted('mallory', image, script), honest('ada', from)]);
    const got = await get(to, { sources, image: configDigest, configDigest });
    expect(got.source.peer.name).toBe('ada');
    expect(sources.failures).toEqual([['mallory', code]]);
    expect((await to.list()).map((one) => one.configDigest)).toEqual([configDigest]);
  });

  it('and after all of them lied, the last lie is told, and nothing is kept', async () => {
    const { engine, folder } = await testStore();
    const [, , script] = lies[0] ?? [];
    const sources = new TestSources(
      ['mallory', 'mordred'].map((name) => scripted(name, image, script ?? {})),
    );
    await expect(get(engine, { sources, image: configDigest, configDigest })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { peer: 'mordred' },
    });
    expect(sources.failures.map(([name]) => name)).toEqual(['mallory', 'mordred']);
    expect((await blobsIn(folder)).names).toEqual([]);
  });
});

describe('of a blob that came from two sources and is not proved', () => {
  it('the honest one, which ended it, is not blamed for what the liar began', async () => {
    const { from, engine: to } = await stores();
    const sources = new TestSources([twister('mallory', from, 4), honest('ada', from)], true);
    const watcher = new Log();
    const got = await get(to, { sources, image: configDigest, configDigest, watcher });
    expect(got.source.peer.name).toBe('ada');
    expect(sources.failures).toEqual([['mallory', 'PEER_LOST']]);
    // It was not proved at first: ada had to give it once more, from its beginning.
    expect(watcher.events.filter((event) => event.endsWith('by ada'))).toEqual([
      'resumed by ada',
      'offered by ada',
    ]);
  });

  it('the liar, which ended it, is found out by itself, and the honest one gives the image', async () => {
    const { from, engine: to } = await stores();
    const sources = new TestSources([honest('ada', from, 4), twister('mallory', from)], true);
    const got = await get(to, { sources, image: configDigest, configDigest });
    expect(got.source.peer.name).toBe('ada');
    expect(sources.failures).toEqual([
      ['ada', 'PEER_LOST'],
      ['mallory', 'DIGEST_MISMATCH'],
    ]);
  });
});

describe('a lie', () => {
  it.each([
    ['what fails its proof', new P2pimgError('DIGEST_MISMATCH', 'm'), true],
    [
      'what a source says of its own engine',
      new P2pimgError('DIGEST_MISMATCH', 'm', { reported: true }),
      false,
    ],
    ['a lost connection', new P2pimgError('PEER_LOST', 'm'), false],
    ['a full disk here', new P2pimgError('NO_SPACE', 'm'), false],
    ['an image that is too large', new P2pimgError('IMAGE_TOO_LARGE', 'm'), false],
  ])('is told from the rest: %s', (_what, error, expected) => {
    expect(isLie(error)).toBe(expected);
  });
});
