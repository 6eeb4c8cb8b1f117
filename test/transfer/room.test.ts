import { describe, expect, it } from 'vitest';
import { announcedSize } from '../../src/transfer/room.js';
import { descriptionOf } from '../engine/claims/source.js';
import { blobsIn, testStore } from '../engine/store-folder.js';
import { image } from './lies.js';
import { get, Log, TestSources } from './peers.js';
import { changed, type Script, scripted } from './scripted.js';

const described = descriptionOf(image);
const { configDigest } = described;
const announced = announcedSize(described);
const total = [image.config.bytes.length, ...image.layers.map(({ blob }) => blob.size)].reduce(
  (a, b) => a + b,
);

/** Gets the image from a source that keeps to a script. */
async function getting(script: Script, room: { allowed?: number; free?: number }) {
  const { engine, folder } = await testStore();
  const source = scripted('mallory', image, script);
  const log = new Log();
  const done = await get(engine, {
    sources: new TestSources([source]),
    image: configDigest,
    configDigest,
    watcher: log,
    room,
  }).then(
    () => 'done' as const,
    (error: { code: string; facts: object }) => ({ code: error.code, facts: error.facts }),
  );
  await source.served;
  return { done, bytes: log.bytes, kept: (await blobsIn(folder)).names.length };
}

/** As a classic store offers: no layer's size, and an estimate of the whole. */
const estimated = (size: number): Script => ({
  offer: ({ manifest: _, ...offer }) => ({
    ...offer,
    size,
    layers: offer.layers.map(({ size: _size, ...layer }) => layer),
  }),
});

describe('an image', () => {
  it('of exactly what is allowed comes, and of one byte more does not, before its first byte', async () => {
    expect((await getting({}, { allowed: announced })).done).toBe('done');
    const { done, bytes, kept } = await getting({}, { allowed: announced - 1 });
    expect(done).toEqual({
      code: 'IMAGE_TOO_LARGE',
      facts: expect.objectContaining({
        announced,
        allowed: announced - 1,
        bound: 'setting',
        peer: 'mallory',
      }),
    });
    expect({ bytes, kept }).toEqual({ bytes: 0, kept: 0 });
  });

  it('that the disk has just room for comes, and one byte less is too little', async () => {
    expect((await getting({}, { free: Math.max(announced, total) })).done).toBe('done');
    const { done, bytes } = await getting({}, { free: announced - 1 });
    expect(done).toMatchObject({ code: 'IMAGE_TOO_LARGE', facts: { bound: 'disk' } });
    expect(bytes).toBe(0);
  });

  it('whose layers are more than it says in all is taken at its layers’ word', async () => {
    const liar: Script = { offer: (offer) => ({ ...offer, size: 1 }) };
    const layers = announcedSize({ ...described, size: 0 });
    expect((await getting(liar, { allowed: total })).done).toBe('done');
    const { done, bytes } = await getting(liar, { allowed: layers - 1 });
    expect(done).toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    expect(bytes).toBe(0);
  });

  it('whose size is only estimated is counted blob by blob, each before its first byte', async () => {
    expect((await getting(estimated(1), { allowed: total })).done).toBe('done');
    const { done, kept } = await getting(estimated(1), { allowed: total - 1 });
    expect(done).toMatchObject({ code: 'IMAGE_TOO_LARGE', facts: { announced: total } });
    expect(kept).toBe(0);
  });

  it('whose first blob says a terabyte brings not one byte of it', async () => {
    const steps = changed('blob', (blob, at) => (at === 0 ? { ...blob, size: 1e12 } : blob));
    const { done, bytes } = await getting({ ...estimated(1), steps }, { allowed: 1e9 });
    expect(done).toMatchObject({ code: 'IMAGE_TOO_LARGE', facts: { announced: 1e12 } });
    expect(bytes).toBe(0);
  });
});
