import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { toWire } from '../../src/agent/listed.js';
import { Session } from '../../src/agent/session.js';
import type { ListedImage } from '../../src/image/image.js';
import type { Message } from '../../src/wire/message.js';
import { channelPair } from '../transfer/memory-channel.js';
import { helloOf, listedImage } from './people.js';

const [one, two] = [listedImage({ config: '1', names: ['app:1'] }), listedImage({ config: '2', names: [] })];
const catalogueOf = (...images: ListedImage[]): Message => ({
  type: 'catalogue',
  generation: 1,
  images: images.map(toWire),
});

/** A session, and the peer's end in the hands of the test; the peer said hello already. */
async function session() {
  const { receiving, giving: far } = channelPair();
  await far.send(helloOf('ada', 1));
  const near = await Session.open(receiving, helloOf('me'));
  expect(await far.receive()).toEqual({ type: 'message', message: helloOf('me') });
  return { near, far };
}

const list = { type: 'message', message: { type: 'list' } };

describe('a session', () => {
  it('begins with a hello both ways', async () => {
    const { near } = await session();
    expect(near.hello).toEqual(helloOf('ada', 1));
  });

  it.each<[string, Message | Buffer | undefined, string]>([
    ['another message', { type: 'list' }, 'PROTOCOL_VIOLATION'],
    ['a frame', Buffer.from([0, 1]), 'PROTOCOL_VIOLATION'],
    ['nothing', undefined, 'PEER_LOST'],
  ])('does not begin with %s', async (_what, sent, code) => {
    const { receiving, giving: far } = channelPair();
    const opened = Session.open(receiving, helloOf('me'));
    opened.catch(() => undefined);
    if (sent === undefined) far.close();
    else if (Buffer.isBuffer(sent)) await far.sendFrame(sent);
    else await far.send(sent);
    await expect(opened).rejects.toMatchObject({ code });
    expect(far.state).not.toBe('open');
  });

  it('knows what the peer said last of itself', async () => {
    const { near, far } = await session();
    await far.send(helloOf('ada', 2));
    await far.send(helloOf('ada', 3));
    await far.send(catalogueOf()); // unasked, and of no consequence
    far.close();
    await near.over;
    expect(near.hello.uploads.active).toBe(3);
  });

  it('asks for the catalogue once, whoever wants it', async () => {
    const { near, far } = await session();
    const asked = [near.catalogue(), near.catalogue()];
    expect(await far.receive()).toEqual(list);
    await far.send(catalogueOf(one, two));
    expect(await Promise.all(asked)).toEqual([
      [one, two],
      [one, two],
    ]);
    expect(await near.catalogue()).toEqual([one, two]);
    far.close();
    expect(far.sent.filter((sent) => typeof sent !== 'number' && sent.type === 'catalogue')).toHaveLength(1);
  });

  it('asks again after the peer said that it changed', async () => {
    const { near, far } = await session();
    const before = near.catalogue();
    await far.receive();
    await far.send(catalogueOf(one));
    expect(await before).toEqual([one]);
    await far.send({ type: 'changed', generation: 2 });
    await far.send(helloOf('ada', 9));
    await until(() => near.hello.uploads.active === 9, far);
    const after = near.catalogue();
    expect(await far.receive()).toEqual(list);
    await far.send(catalogueOf(two));
    expect(await after).toEqual([two]);
  });

  it('asks again where it must be fresh', async () => {
    const { near, far } = await session();
    for (const [image, asking] of [
      [one, () => near.catalogue()],
      [two, () => near.freshCatalogue()],
    ] as const) {
      const asked = asking();
      expect(await far.receive()).toEqual(list);
      await far.send(catalogueOf(image));
      expect(await asked).toEqual([image]);
    }
    expect(await near.catalogue()).toEqual([two]);
  });

  it('gives each question its own answer, where a change comes between them', async () => {
    const { near, far } = await session();
    const first = near.catalogue();
    await far.send({ type: 'changed', generation: 2 });
    await far.send(helloOf('ada', 9));
    await until(() => near.hello.uploads.active === 9, far);
    const second = near.catalogue();
    await far.receive();
    await far.send(catalogueOf(one));
    await far.receive();
    await far.send(catalogueOf(two));
    expect(await first).toEqual([one]);
    expect(await second).toEqual([two]);
    expect(await near.catalogue()).toEqual([two]);
  });

  it('leaves out of a catalogue what no reference is here', async () => {
    const { near, far } = await session();
    const asked = near.catalogue();
    await far.receive();
    const strange = { ...toWire(one), references: ['UPPER:1', 'docker.io/library/app:1'] };
    await far.send({ type: 'catalogue', generation: 1, images: [strange] });
    expect(await asked).toEqual([one]);
  });

  it('ends for all who wait when the peer goes away, cleanly or not', async () => {
    for (const how of ['close', 'destroy'] as const) {
      const { near, far } = await session();
      const asked = near.catalogue();
      asked.catch(() => undefined);
      if (how === 'close') far.close();
      else far.destroy(new Error('away'));
      await near.over;
      await expect(asked).rejects.toMatchObject({ code: 'PEER_LOST' });
      await expect(near.catalogue()).rejects.toMatchObject({ code: 'PEER_LOST' });
    }
  });

  it('asks whether the peer is there at all when no answer comes, and only then', async () => {
    for (const answers of [true, false]) {
      const { near, far } = await session();
      const checked = vi.fn<(withinMs: number) => void>();
      Object.assign(near.channel, { checkAlive: checked });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      const asked = near.catalogue();
      asked.catch(() => undefined);
      if (answers) {
        await far.send(catalogueOf(one));
        await asked;
      }
      vi.advanceTimersByTime(1_000);
      expect(checked).toHaveBeenCalledTimes(answers ? 0 : 1);
      vi.useRealTimers();
      far.close();
      await near.over;
    }
  });

  it('ends where the peer sends a blob', async () => {
    const { near, far } = await session();
    await far.sendFrame(Buffer.from([0, 1]));
    await near.over;
    await expect(near.catalogue()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });

  it('that is closed is over, and the peer sees it', async () => {
    const { near, far } = await session();
    near.close();
    await near.over;
    expect(await far.receive()).toBeUndefined();
  });
});

/** Waits for what a message of the peer brings about: the next send waits until the last was read. */
async function until(isTrue: () => boolean, far: { send(message: Message): Promise<void> }): Promise<void> {
  for (let tries = 0; tries < 100 && !isTrue(); tries += 1) await far.send({ type: 'end' });
  expect(isTrue()).toBe(true);
}
