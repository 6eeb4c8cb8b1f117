import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseDigest } from '../../src/image/digest.js';
import { ask, receiveInTime, stalledAfterMs } from '../../src/transfer/ask.js';
import { supportedEncodings } from '../../src/wire/codec.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { channelPair } from './memory-channel.js';

const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
const image = descriptionOf(await freshImage(platform));
const asked = { image: 'docker.io/library/app:1', platform };

describe('a request', () => {
  it('names the image, the platform, and the encodings that this side speaks', async () => {
    const { receiving, giving } = channelPair();
    const offered = ask(receiving, asked, () => undefined);
    expect(await giving.receive()).toEqual({
      type: 'message',
      message: { type: 'request', ...asked, encodings: supportedEncodings() },
    });
    await giving.send({ type: 'offer', image, encoding: 'identity' });
    expect(await offered).toEqual({ image, singly: false });
  });

  it('hears what the source is busy with, and past what does not concern it', async () => {
    const { receiving, giving } = channelPair();
    const heard: string[] = [];
    const offered = ask(receiving, asked, (what) => heard.push(what));
    await giving.send({ type: 'hello', name: 'ada', version: '1', uploads: { active: 0, limit: 1 } });
    await giving.send({ type: 'preparing', what: 'one' });
    await giving.send({ type: 'changed', generation: 1 });
    await giving.send({ type: 'preparing', what: 'two' });
    await giving.send({ type: 'offer', image, encoding: 'identity' });
    await offered;
    expect(heard).toEqual(['one', 'two']);
  });

  it('takes an offer without a variant for one with', async () => {
    const { receiving, giving } = channelPair();
    const offered = ask(receiving, { ...asked, configDigest: image.configDigest }, () => undefined);
    const without = { ...image, platform: { os: 'linux', architecture: 'arm' } };
    await giving.send({ type: 'offer', image: without, encoding: 'identity' });
    expect(await offered).toEqual({ image: without, singly: false });
  });

  it('refuses another variant, and says what there is', async () => {
    const { receiving, giving } = channelPair();
    const offered = ask(receiving, asked, () => undefined);
    offered.catch(() => undefined);
    await giving.send({
      type: 'offer',
      image: { ...image, platform: { ...platform, variant: 'v6' } },
      encoding: 'identity',
    });
    await expect(offered).rejects.toMatchObject({
      code: 'OTHER_PLATFORM',
      facts: { platform: 'linux/arm/v7', offered: ['linux/arm/v6'] },
    });
  });

  it('wants the very image that it knows, and says which came instead', async () => {
    const { receiving, giving } = channelPair();
    const wanted = parseDigest(`sha256:${'0'.repeat(64)}`);
    const offered = ask(receiving, { ...asked, configDigest: wanted }, () => undefined);
    offered.catch(() => undefined);
    await giving.send({ type: 'offer', image, encoding: 'identity' });
    await expect(offered).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { wanted, got: image.configDigest },
    });
  });
});

describe('a source that says nothing', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('is lost after 15 s', async () => {
    const { receiving, giving } = channelPair();
    const came = receiveInTime(receiving);
    came.catch(() => undefined);
    vi.advanceTimersByTime(stalledAfterMs - 1);
    expect(receiving.state).toBe('open');
    vi.advanceTimersByTime(1);
    await expect(came).rejects.toMatchObject({ code: 'PEER_LOST', message: 'nothing came for 15 s' });
    await expect(giving.receive()).rejects.toMatchObject({ code: 'PEER_LOST' });
  });

  it('is not lost while it says anything', async () => {
    const { receiving, giving } = channelPair();
    for (let time = 0; time < 3; time += 1) {
      const came = receiveInTime(receiving);
      vi.advanceTimersByTime(stalledAfterMs - 1);
      await giving.send({ type: 'preparing', what: 'still' });
      expect(await came).toMatchObject({ type: 'message' });
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('because it left is lost at once', async () => {
    const { receiving, giving } = channelPair();
    giving.close();
    await expect(receiveInTime(receiving)).rejects.toMatchObject({ code: 'PEER_LOST' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
