import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/image/digest.js';
import { canonical, parseReference, type Reference } from '../../../src/image/reference.js';
import { descriptionOf, freshImage } from './source.js';
import { failure, give, listed, type Subject } from './subject.js';

/** How an engine names its images, and tells that they changed. */
export function claimNames(subject: () => Subject): void {
  const fresh = async (): Promise<Digest> => {
    const { engine, platform } = subject();
    return give(engine, await freshImage(platform));
  };
  const freshName = (): Reference => parseReference(`p2pimg.test/conformance/${randomUUID()}:1`);
  const namesOf = async (id: Digest): Promise<string[]> =>
    (await listed(subject().engine, id)).references.map(canonical);

  test('gives an image a name', async () => {
    const { engine } = subject();
    const [id, name] = [await fresh(), freshName()];
    expect(await engine.tag(id, name)).toBeUndefined();
    expect(await namesOf(id)).toEqual([canonical(name)]);
  });

  test('lists an image with two names once', async () => {
    const { engine } = subject();
    const [id, one, two] = [await fresh(), freshName(), freshName()];
    await engine.tag(id, one);
    await engine.tag(id, two);
    expect((await namesOf(id)).sort()).toEqual([canonical(one), canonical(two)].sort());
  });

  test('takes a name from another image, tells which, and keeps that one', async () => {
    const { engine } = subject();
    const [first, second, name] = [await fresh(), await fresh(), freshName()];
    await engine.tag(first, name);
    expect(await engine.tag(second, name)).toBe(first);
    expect(await namesOf(first)).toEqual([]);
    expect(await namesOf(second)).toEqual([canonical(name)]);
  });

  test('replaces nothing when an image gets a name that it has', async () => {
    const { engine } = subject();
    const [id, name] = [await fresh(), freshName()];
    await engine.tag(id, name);
    expect(await engine.tag(id, name)).toBeUndefined();
    expect(await namesOf(id)).toEqual([canonical(name)]);
  });

  test('names no image that it has not', async () => {
    const { engine, platform } = subject();
    const { id } = descriptionOf(await freshImage(platform));
    expect(await failure(engine.tag(id, freshName()))).toBe('IMAGE_UNKNOWN');
  });

  test('tells of an import and of a new name', async () => {
    const { engine } = subject();
    const stop = new AbortController();
    const events = engine.events(stop.signal)[Symbol.asyncIterator]();
    const first = events.next();
    const id = await fresh();
    await engine.tag(id, freshName());
    expect(await first).toEqual({ done: false, value: { type: 'changed' } });
    const next = events.next();
    await engine.tag(id, freshName());
    expect(await next).toEqual({ done: false, value: { type: 'changed' } });
    stop.abort();
  });

  test('ends its events with the signal', async () => {
    const stop = new AbortController();
    const events = subject().engine.events(stop.signal)[Symbol.asyncIterator]();
    const next = events.next();
    stop.abort();
    let last = await next;
    while (last.done !== true) last = await events.next();
    expect(last.done).toBe(true);
  });
}
