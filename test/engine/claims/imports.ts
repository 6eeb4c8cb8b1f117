import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { missingBlobs } from '../../../src/image/image.js';
import type { Image } from '../../fixtures/image.js';
import { blobsOf, descriptionOf, freshImage, layerOf } from './source.js';
import { give, listed, never, receive, type Subject } from './subject.js';

/** What an engine has after it imported. */
export function claimImports(subject: () => Subject): void {
  const expectKept = async (image: Image): Promise<void> => {
    const { engine, platform } = subject();
    const id = await give(engine, image);
    const { configDigest } = await listed(engine, id);
    expect([undefined, image.config.digest]).toContain(configDigest);
    const described = await engine.describe(id, platform, never);
    expect(described.id).toBe(id);
    expect(described.configDigest).toBe(image.config.digest);
    expect(described.platform).toEqual(descriptionOf(image).platform);
    expect(described.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
  };

  test('lists and describes what it imported', async () => {
    await expectKept(await freshImage(subject().platform));
  });

  test('imports an image without a name', async () => {
    const { engine, platform } = subject();
    const id = await give(engine, await freshImage(platform));
    expect((await listed(engine, id)).references).toEqual([]);
  });

  test('imports an image whose source has no manifest', async () => {
    const { engine, platform } = subject();
    const image = await freshImage(platform);
    const { manifest: _, ...described } = descriptionOf(image);
    const id = await receive(engine, described, blobsOf(image));
    const { configDigest, layers } = await engine.describe(id, platform, never);
    expect(configDigest).toBe(image.config.digest);
    expect(layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
  });

  test('imports an image twice and has it once', async () => {
    const { engine, platform } = subject();
    const image = await freshImage(platform);
    const id = await receive(engine, descriptionOf(image), blobsOf(image));
    expect(await receive(engine, descriptionOf(image), blobsOf(image))).toBe(id);
    await listed(engine, id);
  });

  test('imports an image with one layer twice', async () => {
    const twice = layerOf(`twice ${randomUUID()}`);
    await expectKept(
      await freshImage(subject().platform, [twice, layerOf(`between ${randomUUID()}`, 'none'), twice]),
    );
  });

  test('imports an image with empty layers', async () => {
    const empty = { entries: [] };
    await expectKept(
      await freshImage(subject().platform, [empty, layerOf(`between ${randomUUID()}`), empty, empty]),
    );
  });

  test('imports an image with a hundred layers', async () => {
    const own = randomUUID();
    const layers = Array.from({ length: 100 }, (_, at) => layerOf(`${own} ${at}`));
    await expectKept(await freshImage(subject().platform, layers));
  });

  test('holds nothing of a new image and all layers of an imported one', async () => {
    const { engine, platform } = subject();
    const image = await freshImage(platform);
    const before = await engine.hold(descriptionOf(image), never);
    expect([...before.layers.keys()]).toEqual([]);
    await before.release();

    await give(engine, image);
    const after = await engine.hold(descriptionOf(image), never);
    expect([...after.layers.keys()].sort()).toEqual([...image.diffIds].sort());
    await after.release();
  });

  test('imports an image of which only what it does not hold is given', async () => {
    const { engine, platform } = subject();
    const base = layerOf(`base ${randomUUID()}`);
    await give(engine, await freshImage(platform, [base, layerOf(`first ${randomUUID()}`)]));
    const image = await freshImage(platform, [base, layerOf(`second ${randomUUID()}`)]);
    const description = descriptionOf(image);
    const { layers, release } = await engine.hold(description, never);
    expect([...layers.keys()]).toEqual([image.diffIds[0]]);
    const id = await engine.import(
      description,
      layers,
      blobsOf(image, missingBlobs(description, layers)),
      never,
    );
    await release();
    const described = await engine.describe(id, platform, never);
    expect(described.configDigest).toBe(image.config.digest);
    expect(described.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
  });

  test('imports several images at once that share a layer', async () => {
    const { engine, platform } = subject();
    const base = layerOf(`shared ${randomUUID()}`);
    const images = await Promise.all(
      Array.from({ length: 4 }, (_, at) => freshImage(platform, [base, layerOf(`${randomUUID()} ${at}`)])),
    );
    const ids = await Promise.all(
      images.map((image) => receive(engine, descriptionOf(image), blobsOf(image))),
    );
    expect(new Set(ids).size).toBe(4);
    for (const [at, id] of ids.entries())
      expect((await engine.describe(id, platform, never)).configDigest).toBe(images[at]?.config.digest);
  });
}
