import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BlobStream } from '../../src/image/blob.js';
import { digestOf } from '../../src/image/digest.js';
import { watched } from '../../src/transfer/flow.js';
import { deferred } from './deferred.js';

const digest = digestOf('abcdef');

/** One blob in two pieces, the second of which waits. */
async function* slowly(second: Promise<unknown>): AsyncGenerator<BlobStream> {
  async function* content(): AsyncGenerator<Buffer> {
    yield Buffer.from('abc');
    await second;
    yield Buffer.from('def');
  }
  yield { digest, size: 6, offset: 0, content: content() };
}

describe('what flows from a source to a sink', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const told: unknown[] = [];
  const watcher = {
    received: (bytes: number) => void told.push(bytes),
    waiting: (side: 'source' | 'sink') => void told.push(side),
  };
  it('is counted, and who keeps the other waiting is told once a pause', async () => {
    const second = deferred();
    const blobs = watched(slowly(second.promise), watcher);
    const { value: blob } = (await blobs.next()) as IteratorYieldResult<BlobStream>;
    const content = blob.content[Symbol.asyncIterator]();
    await content.next();
    await vi.advanceTimersByTimeAsync(900);
    expect(told).toEqual([3]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([3, 'sink']);
    const next = content.next();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([3, 'sink', 'source']);
    second.resolve();
    expect((await next).value?.toString()).toBe('def');
    expect(told).toEqual([3, 'sink', 'source', 3]);
    await content.next();
    expect((await blobs.next()).done).toBe(true);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toHaveLength(4);
  });

  it('is watched no more when its reader leaves', async () => {
    const blobs = watched(slowly(new Promise(() => undefined)), watcher);
    await blobs.next();
    await blobs.return(undefined);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([]);
  });
});
