import { afterAll } from 'vitest';
import type { Engine } from '../../src/engine/port.js';
import { openStore } from '../../src/engine/store/store.js';
import { give } from '../engine/claims/subject.js';
import { freshFolder } from '../engine/store-folder.js';
import type { Image } from '../fixtures/image.js';

/** A store that has one image, for all tests of a file. */
export async function stocked(image: Image): Promise<Engine> {
  const { folder, remove } = await freshFolder();
  const engine = await openStore(folder);
  await give(engine, image);
  afterAll(async () => {
    await engine.close();
    await remove();
  });
  return engine;
}
