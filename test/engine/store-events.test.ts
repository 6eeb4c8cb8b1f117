import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Engine, EngineEvent } from '../../src/engine/port.js';
import { freshImage } from './claims/source.js';
import { give } from './claims/subject.js';
import { testStore } from './store-folder.js';

const amd64 = { os: 'linux', architecture: 'amd64' };

function follow(engine: Engine): () => Promise<EngineEvent | undefined> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const events = engine.events(stop.signal)[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await events.next();
    return done === true ? undefined : value;
  };
}

test('tells every listener of an import', async () => {
  const { engine } = await testStore();
  const [one, two] = [follow(engine), follow(engine)];
  const events = [one(), two()];
  await give(engine, await freshImage(amd64));
  expect(await Promise.all(events)).toEqual([{ type: 'changed' }, { type: 'changed' }]);
});

test('tells that somebody else wrote the index', async () => {
  const { engine, folder } = await testStore();
  const next = follow(engine);
  // The listener has looked once when it told of this.
  const first = next();
  await give(engine, await freshImage(amd64));
  await first;
  const event = next();
  await writeFile(join(folder, 'index.json'), `${await readFile(join(folder, 'index.json'), 'utf8')}\n`);
  expect(await event).toEqual({ type: 'changed' });
});

test('tells that the folder went away, that it is back, and of changes after that', async () => {
  const { engine, folder } = await testStore();
  const next = follow(engine);
  const lost = next();
  await rename(folder, `${folder}-away`);
  expect(await lost).toMatchObject({ type: 'lost' });
  const back = next();
  await rename(`${folder}-away`, folder);
  expect(await back).toEqual({ type: 'back' });
  const changed = next();
  await give(engine, await freshImage(amd64));
  expect(await changed).toEqual({ type: 'changed' });
});

test('ends when the store is closed', async () => {
  const { engine } = await testStore();
  const event = follow(engine)();
  await engine.close();
  expect(await event).toBeUndefined();
});
