import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownName } from '../../src/engine/store/owner.js';
import { parseReference } from '../../src/image/reference.js';
import { freshImage } from './claims/source.js';
import { give } from './claims/subject.js';
import { testStore } from './store-folder.js';

const amd64 = { os: 'linux', architecture: 'amd64' };

describe('two stores on one folder', () => {
  test('keep each other’s images and names', async () => {
    const one = await testStore();
    const two = await testStore(one.folder);
    const ids = await Promise.all(
      [one, two, one, two].map(async ({ engine }, at) => {
        const id = await give(engine, await freshImage(amd64));
        await engine.tag(id, parseReference(`name-${at}`));
        return id;
      }),
    );
    expect((await one.engine.list()).map(({ id }) => id).sort()).toEqual(ids.sort());
    expect((await two.engine.list()).every(({ references }) => references.length === 1)).toBe(true);
  });

  test('go on after a process died with the lock', async () => {
    const { engine, folder } = await testStore();
    await mkdir(join(folder, 'ingest'), { recursive: true });
    // This process's own ID, but another start of it, as in a container.
    const dead = ownName.replace(/\.[0-9a-f-]{36}\./, `.${randomUUID()}.`);
    await writeFile(join(folder, 'ingest', 'lock'), dead);
    const id = await give(engine, await freshImage(amd64));
    expect((await engine.list()).map((image) => image.id)).toEqual([id]);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  });
});
