import { describe, expect, it } from 'vitest';
import { localPlatform } from '../../src/image/platform.js';
import { refusal } from '../../src/transfer/ask.js';
import type { Message } from '../../src/wire/message.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { give as fill } from '../engine/claims/subject.js';
import { testStore } from '../engine/store-folder.js';
import { get, honest, TestSources } from './peers.js';
import { scripted } from './scripted.js';

const image = await freshImage(localPlatform());
const { configDigest } = descriptionOf(image);
const refuse = (code: string): Message => ({ type: 'refuse', code, message: `because of ${code}` });

const codes = [
  ['IMAGE_UNKNOWN', 'IMAGE_UNKNOWN'],
  ['OTHER_PLATFORM', 'OTHER_PLATFORM'],
  ['BLOB_MISSING', 'BLOB_MISSING'],
  ['DIGEST_MISMATCH', 'DIGEST_MISMATCH'],
  ['SIZE_MISMATCH', 'SIZE_MISMATCH'],
  ['ENGINE_FAILED', 'REFUSED'],
  ['INTERRUPTED', 'REFUSED'],
  ['PEER_LOST', 'REFUSED'],
  ['SOMETHING_NEW', 'REFUSED'],
] as const;

describe('a refusal', () => {
  it.each(codes)('with %s is %s here, in the words of the peer', (said, code) => {
    expect(refusal({ type: 'refuse', code: said, message: 'its words' })).toMatchObject({
      code,
      message: 'its words',
    });
  });

  it('of unknown reason keeps the words as the reason', () => {
    expect(refusal({ type: 'refuse', code: 'X', message: 'closed on Sundays' }).facts).toEqual({
      reason: 'closed on Sundays',
    });
  });

  it.each(codes)('instead of an offer, with %s, ends in %s where nobody else has it', async (said, code) => {
    const { engine } = await testStore();
    const bob = scripted('bob', image, { instead: [refuse(said)] });
    await expect(
      get(engine, { sources: new TestSources([bob]), image: configDigest, name: 'app:1' }),
    ).rejects.toMatchObject({
      code,
      message: `because of ${said}`,
      facts: { peer: 'bob', image: 'app:1' },
    });
    await bob.served;
    expect(bob.opened.map(({ state }) => state)).not.toContain('open');
  });

  it.each(codes)(
    'instead of an offer, with %s, sends the receiver to the next source',
    async (said, code) => {
      const [{ engine: from }, { engine }] = [await testStore(), await testStore()];
      await fill(from, image);
      const sources = new TestSources([
        scripted('bob', image, { instead: [refuse(said)] }),
        honest('ada', from),
      ]);
      const got = await get(engine, { sources, image: configDigest });
      expect(got.source.peer.name).toBe('ada');
      expect(sources.failures).toEqual([['bob', code]]);
    },
  );

  it.each(codes)('in mid-transfer, with %s, ends it as %s, and nothing is kept', async (said, code) => {
    const { engine } = await testStore();
    const bob = scripted('bob', image, { steps: (all) => [...all.slice(0, 3), refuse(said)] });
    const getting = get(engine, { sources: new TestSources([bob]), image: configDigest });
    await expect(getting).rejects.toMatchObject({
      code,
      message: `because of ${said}`,
      facts: { peer: 'bob' },
    });
    expect(await engine.list()).toEqual([]);
  });
});

describe('without a source', () => {
  it('nobody has it', async () => {
    const { engine } = await testStore();
    const getting = get(engine, { sources: new TestSources([]), image: configDigest, name: 'app:1' });
    await expect(getting).rejects.toMatchObject({ code: 'NOBODY_HAS_IT', facts: { image: 'app:1' } });
  });

  it('that can be reached, it is the last one that is named', async () => {
    const { engine } = await testStore();
    const [ada, bob] = [honest('ada', engine, 0), honest('bob', engine, 0)];
    const getting = get(engine, { sources: new TestSources([ada, bob]), image: configDigest });
    await expect(getting).rejects.toMatchObject({ code: 'PEER_LOST', facts: { peer: 'bob' } });
  });
});
