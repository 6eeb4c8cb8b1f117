import { describe, expect, it } from 'vitest';
import { descriptionOf } from '../engine/claims/source.js';
import { give as fill } from '../engine/claims/subject.js';
import { blobsIn, testStore } from '../engine/store-folder.js';
import { image, lies, other } from './lies.js';
import { get, honest, Log, TestSources } from './peers.js';
import { scripted } from './scripted.js';

const { configDigest } = descriptionOf(image);

describe('a source that lies is named, and nothing of it is kept', () => {
  it.each(lies)('%s', async (_what, code, script) => {
    const { engine, folder } = await testStore();
    const liar = scripted('mallory', image, script);
    const sources = new TestSources([liar]);
    const getting = get(engine, { sources, image: configDigest, configDigest, name: 'app:1' });
    await expect(getting).rejects.toMatchObject({
      code,
      facts: { peer: 'mallory', image: expect.any(String) },
    });
    expect(await engine.list()).toEqual([]);
    expect((await blobsIn(folder)).names).toEqual([]);
    await liar.served;
    expect(liar.opened.map(({ state }) => state)).not.toContain('open');
  });

  it('and the same image comes from an honest one in the end', async () => {
    const [{ engine: from }, { engine: to }] = [await testStore(), await testStore()];
    await fill(from, image);
    const liar = scripted('mallory', image, { offer: () => descriptionOf(other) });
    const sources = new TestSources([liar, honest('ada', from)]);
    const log = new Log();
    const got = await get(to, { sources, image: configDigest, configDigest, watcher: log });
    expect(got.source.peer.name).toBe('ada');
    expect(sources.failures).toEqual([['mallory', 'DIGEST_MISMATCH']]);
  });

  it('but the script itself is honest', async () => {
    const { engine } = await testStore();
    await get(engine, {
      sources: new TestSources([scripted('mallory', image, {})]),
      image: configDigest,
      configDigest,
    });
    expect((await engine.list()).map((one) => one.configDigest)).toEqual([configDigest]);
  });
});
