import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../src/image/digest.js';
import type { Shelf } from '../../src/transfer/give.js';
import { supportedEncodings } from '../../src/wire/codec.js';
import type { Message } from '../../src/wire/message.js';
import { deferred } from './deferred.js';
import { configDigest, giving, next, rest, shelf, want, wanted } from './giving.js';

afterEach(() => void vi.useRealTimers());

const blobsIn = (messages: readonly (Message | 'frame')[]) =>
  messages.flatMap((message) => (message !== 'frame' && message.type === 'blob' ? [message.digest] : []));

describe('a source', () => {
  it('offers what its engine describes, in the best encoding that both speak', async () => {
    for (const encodings of [['identity'], ['zstd', 'identity'], ['brotli']]) {
      const { receiving } = giving({}, { encodings });
      const offer = await next(receiving);
      const best = supportedEncodings().find((one) => encodings.includes(one)) ?? 'identity';
      expect(offer).toMatchObject({ type: 'offer', image: { configDigest }, encoding: best });
      receiving.close();
    }
  });

  it('gives what is wanted and nothing else', async () => {
    const { receiving, given } = giving();
    await next(receiving);
    await receiving.send(want(wanted.slice(0, 2)));
    expect(blobsIn(await rest(receiving))).toEqual(wanted.slice(0, 2));
    await given;
  });

  it('gives nothing that is not of the image it offered', async () => {
    const exported = vi.fn(shelf.export);
    const { receiving, given } = giving({ export: exported });
    await next(receiving);
    await receiving.send(want([digestOf('a secret')], { digest: digestOf('another'), offset: 0 }));
    expect(await rest(receiving)).toEqual([{ type: 'end' }]);
    await given;
    expect(exported).not.toHaveBeenCalled();
  });

  it('gives the blob that broke off first, from its byte on, and then what its engine gives before it', async () => {
    const { receiving, given } = giving();
    await next(receiving);
    const [config, below, above] = wanted as [typeof configDigest, typeof configDigest, typeof configDigest];
    await receiving.send(want([config, below], { digest: above, offset: 7 }));
    const came = await rest(receiving);
    expect(came[0]).toMatchObject({ type: 'blob', digest: above, offset: 7 });
    expect(blobsIn(came)).toEqual([above, config, below]);
    await given;
  });

  it('waits for a free upload, and gives its place back at the end', async () => {
    let released = 0;
    const free = deferred();
    const admit = async () => {
      await free.promise;
      return () => void released++;
    };
    const { receiving, given } = giving({ admit });
    await next(receiving);
    await receiving.send(want(wanted));
    free.resolve();
    expect(blobsIn(await rest(receiving))).toEqual(wanted);
    await given;
    expect(released).toBe(1);
  });

  it('gives its place back also where the receiver goes away', async () => {
    let released = 0;
    const { receiving, given } = giving({ admit: async () => () => void released++ });
    await next(receiving);
    await receiving.send(want(wanted));
    await next(receiving);
    receiving.destroy(new Error('away'));
    await given;
    expect(released).toBe(1);
  });

  it('says every five seconds what it keeps the receiver waiting for', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { receiving, given } = giving({ find: () => new Promise(() => undefined) });
    for (let time = 0; time < 2; time += 1) {
      const said = receiving.receive();
      vi.advanceTimersByTime(5_000);
      expect(await said).toMatchObject({
        message: { type: 'preparing', what: expect.stringContaining('engine') },
      });
    }
    receiving.close();
    expect(vi.getTimerCount()).toBe(1); // its engine has not answered yet
    void given;
  });
});

describe('a source whose receiver goes away', () => {
  it.each(['close', 'destroy'] as const)('(%s) stops its engine’s export', async (how) => {
    let returned = 0;
    const endless: Shelf['export'] = async function* () {
      const content = (async function* () {
        for (;;) yield Buffer.alloc(1_000_000);
      })();
      try {
        yield { digest: configDigest, size: Number.MAX_SAFE_INTEGER, offset: 0, content };
      } finally {
        returned += 1;
      }
    };
    const { receiving, channel, given } = giving({ export: endless });
    await next(receiving);
    await receiving.send(want(wanted));
    expect(await next(receiving)).toMatchObject({ type: 'blob' });
    expect(await next(receiving)).toBe('frame');
    if (how === 'close') receiving.close();
    else receiving.destroy(new Error('away'));
    await given;
    expect(returned).toBe(1);
    expect(channel.state).not.toBe('open');
  });

  it('aborts an engine that hangs', async () => {
    const hangs = deferred<AbortSignal>();
    const describeForEver: Shelf['describe'] = async (_id, _platform, signal) => {
      hangs.resolve(signal);
      await once(signal, 'abort');
      throw signal.reason;
    };
    const { receiving, given } = giving({ describe: describeForEver });
    const signal = await hangs.promise;
    receiving.close();
    await given;
    expect(signal.reason).toMatchObject({ code: 'PEER_LOST' });
  });
});
