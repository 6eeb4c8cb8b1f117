import { describe, expect, it } from 'vitest';
import { Arrivals, type ArrivalsOptions } from '../../src/agent/arrivals.js';
import { P2pimgError } from '../../src/error.js';
import { digestOf } from '../../src/image/digest.js';
import type { Message, MessageOf } from '../../src/wire/message.js';
import { channelPair, type MemoryChannel, peerIdOf } from '../transfer/memory-channel.js';

const bring: MessageOf<'bring'> = {
  type: 'bring',
  reference: 'docker.io/team/app:2',
  configDigest: digestOf('app'),
  platform: { os: 'linux', architecture: 'amd64' },
  size: 1000,
  port: 1,
};

/** Arrivals whose transfers go on until they are given up. */
function arrivals(options: Partial<ArrivalsOptions> = {}): Arrivals {
  return new Arrivals({
    rule: () => ({ accept: 'ask', acceptSize: 0 }),
    check: () => undefined,
    take: (_, __, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ...options,
  });
}

/** A sender of an ID that begins with this digit, whose first word was said. */
function sender(to: Arrivals, digit = 'a', message = bring): { far: MemoryChannel; seen: Promise<void> } {
  const { receiving: near, giving: far } = channelPair(peerIdOf(digit));
  return { far, seen: to.welcome(near, message, `sender ${digit}`) };
}

async function next(far: MemoryChannel): Promise<Message | undefined> {
  const incoming = await far.receive();
  return incoming?.type === 'message' ? incoming.message : undefined;
}

describe('an arrival', () => {
  it('that nobody answers is refused when its time is over', async () => {
    const all = arrivals({ askMs: 0 });
    const { far, seen } = sender(all);
    expect(await next(far)).toEqual({ type: 'asking', expiresInMs: 0 });
    expect(await next(far)).toMatchObject({
      type: 'refuse',
      message: expect.stringMatching(/^nobody answered/),
    });
    far.close();
    await seen;
    expect(all.list()).toEqual([]);
  });

  it.each<[string, Message, string]>([
    ['takes it back', { type: 'withdraw' }, 'INTERRUPTED'],
    ['says anything else', { type: 'list' }, 'PROTOCOL_VIOLATION'],
  ])('is given up when its sender %s', async (_what, message, code) => {
    const all = arrivals();
    const { far, seen } = sender(all);
    await next(far);
    all.answer({ which: 'sender a', deed: 'accept' });
    expect(await next(far)).toEqual({ type: 'taking' });
    expect(all.list()).toMatchObject([{ state: 'coming', image: 'team/app:2' }]);
    await far.send(message);
    expect(await next(far)).toMatchObject({ type: 'refuse', code });
    far.close();
    await seen;
    expect(all.list()).toEqual([]);
  });

  it('is given up when the agent ends, which waits for that', async () => {
    const all = arrivals({ rule: () => ({ accept: 'team', acceptSize: 1000 }) });
    const { far } = sender(all);
    expect(await next(far)).toEqual({ type: 'taking' });
    const closed = all.close();
    expect(await next(far)).toMatchObject({ type: 'refuse', code: 'INTERRUPTED' });
    far.close();
    await closed;
    expect(all.list()).toEqual([]);
  });

  it.each<[string, MessageOf<'bring'>]>([
    ['no name', { ...bring, reference: 'NO/Name' }],
    ['a name without a tag', { ...bring, reference: `team/app@${digestOf('app')}` }],
  ])('with %s is refused', async (_what, message) => {
    const all = arrivals();
    const { far } = sender(all, 'a', message);
    expect(await next(far)).toMatchObject({ type: 'refuse' });
    far.close();
  });

  it('that its device cannot take is refused before anybody is asked', async () => {
    const all = arrivals({
      check: () => {
        throw new P2pimgError('REFUSED', 'no room for it');
      },
    });
    const { far } = sender(all);
    expect(await next(far)).toEqual({ type: 'refuse', code: 'REFUSED', message: 'no room for it' });
    far.close();
  });

  it('beyond sixteen at once is refused, whoever sends it', async () => {
    const all = arrivals();
    const present = [...'abcd'].flatMap((digit) => Array.from({ length: 4 }, () => sender(all, digit)));
    for (const { far } of present) expect(await next(far)).toMatchObject({ type: 'asking' });
    const { far } = sender(all, 'e');
    expect(await next(far)).toMatchObject({ type: 'refuse', message: expect.stringMatching(/^16 images/) });
    for (const one of [...present.map((sent) => sent.far), far]) one.close();
    await Promise.all(present.map(({ seen }) => seen));
    expect(all.list()).toEqual([]);
  });
});
