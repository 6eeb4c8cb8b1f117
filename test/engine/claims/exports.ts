import { expect, test } from 'vitest';
import { digestOf } from '../../../src/image/digest.js';
import { missingBlobs } from '../../../src/image/image.js';
import { descriptionOf, freshImage, layerOf } from './source.js';
import { failure, give, listed, measured, never, type Subject } from './subject.js';

/** What an engine gives of its images. */
export function claimExports(subject: () => Subject): void {
  const given = async () => {
    const { engine, platform } = subject();
    const image = await freshImage(platform);
    const described = await engine.describe(await give(engine, image), platform, never);
    return { engine, image, described };
  };

  test('exports all blobs of an image, each once, as they were described', async () => {
    const { engine, described } = await given();
    const wanted = new Set(missingBlobs(described, new Map()));
    const { said, got } = await measured(engine.export(described, wanted, never));
    expect(got).toEqual(said);
    expect(got.map(({ digest }) => digest).sort()).toEqual([...wanted].sort());
  });

  test('exports just the blobs that are wanted', async () => {
    const { engine, image, described } = await given();
    const held = new Map([[described.layers[0]?.diffId ?? digestOf(''), { type: 'layer' } as const]]);
    const wanted = new Set(missingBlobs(described, held));
    const { got } = await measured(engine.export(described, wanted, never));
    expect(got.map(({ digest }) => digest).sort()).toEqual([...wanted].sort());
    expect(wanted.size).toBe(image.layers.length);
  });

  test('exports one layer that stands twice in an image once', async () => {
    const { engine, platform } = subject();
    const twice = layerOf('twice');
    const id = await give(engine, await freshImage(platform, [twice, layerOf('between'), twice]));
    const described = await engine.describe(id, platform, never);
    const { got } = await measured(
      engine.export(described, new Set(missingBlobs(described, new Map())), never),
    );
    expect(got).toHaveLength(3);
  });

  test('exports in the same order every time', async () => {
    const { engine, described } = await given();
    const wanted = new Set(missingBlobs(described, new Map()));
    const first = await measured(engine.export(described, wanted, never));
    const second = await measured(engine.export(described, wanted, never));
    expect(second.got).toEqual(first.got);
  });

  test('lets an export be left early', async () => {
    const { engine, described } = await given();
    const wanted = new Set(missingBlobs(described, new Map()));
    for await (const { content } of engine.export(described, wanted, never)) {
      for await (const _ of content) break;
      break;
    }
    await listed(engine, described.id);
  });

  test('stops an export at the signal', async () => {
    const { engine, described } = await given();
    const stop = new AbortController();
    const wanted = new Set(missingBlobs(described, new Map()));
    const blobs = engine.export(described, wanted, stop.signal);
    stop.abort();
    expect(await failure(measured(blobs))).not.toBe('nothing failed');
  });

  test('gives an image to another engine of its kind, which gives it back the same', async () => {
    const { engine, other, platform } = subject();
    const image = await freshImage(platform);
    const described = await engine.describe(await give(engine, image), platform, never);
    const blobs = engine.export(described, new Set(missingBlobs(described, new Map())), never);
    const there = await other.describe(
      await other.import(described, new Map(), blobs, never),
      platform,
      never,
    );
    expect(there.configDigest).toBe(image.config.digest);
    expect(there.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);

    const back = other.export(there, new Set(missingBlobs(there, new Map())), never);
    const id = await engine.import(there, new Map(), back, never);
    expect((await engine.describe(id, platform, never)).configDigest).toBe(image.config.digest);
  });

  test('knows nothing of an image it has not', async () => {
    const { engine, platform } = subject();
    const description = descriptionOf(await freshImage(platform));
    expect(await failure(engine.describe(description.id, platform, never))).toBe('IMAGE_UNKNOWN');
  });

  test('tells that an image is for another platform', async () => {
    const { engine, described } = await given();
    const asked = { os: 'linux', architecture: 's390x' };
    expect(await failure(engine.describe(described.id, asked, never))).toBe('OTHER_PLATFORM');
  });
}
