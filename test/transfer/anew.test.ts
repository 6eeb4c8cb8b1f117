import { describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/port.js';
import { P2pimgError } from '../../src/error.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import { preview } from '../../src/transfer/receive.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { give as fill } from '../engine/claims/subject.js';
import { testStore } from '../engine/store-folder.js';
import { get, honest, Log, notOneByOne, TestSources } from './peers.js';

const image = await freshImage(localPlatform());
const description = descriptionOf(image);
const { configDigest } = description;

async function source() {
  const { engine } = await testStore();
  await fill(engine, image);
  return honest('ada', engine);
}

/** A store that says it holds a layer which it has not, as an engine may that collects its garbage meanwhile. */
function forgetful(engine: Engine, layer = description.layers[0]) {
  if (layer === undefined) throw new Error('an image without layers');
  const { diffId, mediaType, digest, size = 0 } = layer;
  const held = new Map([[diffId, { type: 'blob' as const, blob: { mediaType, digest, size } }]]);
  return {
    puller: notOneByOne,
    hold: vi.fn(async () => ({ layers: held, release: async () => undefined })),
    import: engine.import.bind(engine),
    tag: engine.tag.bind(engine),
  };
}

describe('an import that lacks a layer which was left out', () => {
  it('begins anew with every layer', async () => {
    const { engine } = await testStore();
    const [ada, log, importer] = [await source(), new Log(), forgetful(engine)];
    const got = await get(importer, { sources: new TestSources([ada]), image: configDigest, watcher: log });
    expect(got).toMatchObject({ reused: 0 });
    expect(ada.opened).toHaveLength(2);
    expect((await engine.list()).map((one) => one.configDigest)).toEqual([configDigest]);
    expect(importer.hold).toHaveBeenCalledTimes(1);
    expect(log.plan?.layersHere).toBe(0);
  });

  it('begins anew only once', async () => {
    const { engine } = await testStore();
    const failing = async () => {
      throw new P2pimgError('IMPORT_UNPROVED', 'never right');
    };
    const ada = await source();
    const importer = { ...forgetful(engine), import: failing };
    const getting = get(importer, { sources: new TestSources([ada]), image: configDigest });
    await expect(getting).rejects.toMatchObject({ code: 'IMPORT_UNPROVED', facts: { peer: 'ada' } });
    await ada.served;
    expect(ada.opened).toHaveLength(2);
    expect(ada.opened.map(({ state }) => state)).not.toContain('open');
  });

  it.each(['NO_SPACE', 'ENGINE_DENIED', 'DIGEST_MISMATCH'] as const)(
    'does not begin anew after %s',
    async (code) => {
      const { engine } = await testStore();
      const failing = async () => {
        throw new P2pimgError(code, 'for good');
      };
      const ada = await source();
      const importer = { ...forgetful(engine), import: failing };
      await expect(
        get(importer, { sources: new TestSources([ada]), image: configDigest }),
      ).rejects.toMatchObject({ code });
      expect(ada.opened).toHaveLength(1);
    },
  );

  it('does not begin anew where nothing was left out', async () => {
    const failing = async () => {
      throw new P2pimgError('ENGINE_FAILED', 'for good');
    };
    const ada = await source();
    const hold = async () => ({ layers: new Map(), release: async () => undefined });
    const getting = get(
      { puller: notOneByOne, hold, import: failing, tag: failing },
      { sources: new TestSources([ada]), image: configDigest },
    );
    await expect(getting).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(ada.opened).toHaveLength(1);
  });
});

describe('an image that is here, and cannot be named', () => {
  it('is not brought again', async () => {
    const { engine } = await testStore();
    await fill(engine, image);
    const failing = async () => {
      throw new P2pimgError('ENGINE_FAILED', 'no such name');
    };
    const ada = await source();
    const importer = {
      puller: notOneByOne,
      hold: engine.hold.bind(engine),
      import: engine.import.bind(engine),
      tag: failing,
    };
    const reference = parseReference('app:1');
    const getting = get(importer, { sources: new TestSources([ada]), image: configDigest, reference });
    await expect(getting).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(ada.opened).toHaveLength(1);
  });
});

describe('a preview', () => {
  it('is the offer and the plan, and nothing is sent or kept', async () => {
    const { engine } = await testStore();
    const [ada, log] = [await source(), new Log()];
    const asked = { image: configDigest, platform: localPlatform() };
    const search = { name: 'app:1', patienceMs: 0, signal: new AbortController().signal };
    await preview(engine, new TestSources([ada]), asked, search, log);
    await ada.served;
    expect(log.events).toEqual(['offered by ada', 'planned']);
    expect(log.plan).toMatchObject({ layersHere: 0, bytesToGo: description.size });
    expect(ada.opened.map(({ state }) => state)).toEqual(['closed']);
    expect(ada.opened[0]?.sent.filter((one) => typeof one === 'number')).toEqual([]);
    expect(await engine.list()).toEqual([]);
  });
});
