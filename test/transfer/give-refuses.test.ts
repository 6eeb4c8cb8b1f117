import { describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { configDigest, giving, next, rest, shelf, want, wanted } from './giving.js';
import type { MemoryChannel } from './memory-channel.js';

describe('a refusal', () => {
  const failing = (code: 'IMAGE_UNKNOWN' | 'ENGINE_FAILED', message: string) => async (): Promise<never> => {
    throw new P2pimgError(code, message);
  };

  it('says why, by code and in words', async () => {
    const { receiving, given } = giving({ find: failing('IMAGE_UNKNOWN', 'app:1 is not shared here') });
    expect(await rest(receiving)).toEqual([
      { type: 'refuse', code: 'IMAGE_UNKNOWN', message: 'app:1 is not shared here' },
    ]);
    await given;
  });

  it('is cut where an engine says more than a message may hold', async () => {
    const { receiving } = giving({ describe: failing('ENGINE_FAILED', 'x'.repeat(5_000)) });
    expect(await next(receiving)).toEqual({
      type: 'refuse',
      code: 'ENGINE_FAILED',
      message: 'x'.repeat(512),
    });
  });

  it('comes in mid-transfer where the engine fails', async () => {
    const { receiving } = giving({
      export: async function* (...asked) {
        for await (const blob of shelf.export(...asked)) {
          yield blob;
          throw new P2pimgError('ENGINE_FAILED', 'the disk is gone');
        }
      },
    });
    await next(receiving);
    await receiving.send(want(wanted));
    expect((await rest(receiving)).at(-1)).toMatchObject({ type: 'refuse', code: 'ENGINE_FAILED' });
  });

  it('comes where the engine does not give what it offered', async () => {
    const { receiving } = giving({ export: async function* () {} });
    await next(receiving);
    await receiving.send(want(wanted));
    expect(await rest(receiving)).toMatchObject([{ type: 'refuse', code: 'BLOB_MISSING' }]);
  });

  it.each<[string, (receiving: MemoryChannel) => Promise<void>]>([
    ['an offset past the end', (to) => to.send(want([], { digest: configDigest, offset: 1_000_000 }))],
    ['another message than a want', (to) => to.send({ type: 'list' })],
    ['a frame', (to) => to.sendFrame(Buffer.from([0, 1]))],
  ])('answers %s', async (_what, send) => {
    const { receiving } = giving();
    await next(receiving);
    await send(receiving);
    expect((await rest(receiving)).at(-1)).toMatchObject({ type: 'refuse', code: 'PROTOCOL_VIOLATION' });
  });
});
