import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { writeArchive } from '../../src/archive/write.js';
import type { BlobStream } from '../../src/image/blob.js';
import { digestOf } from '../../src/image/digest.js';
import { failureOf, sampleOf, streamsOf } from './samples.js';
import { docker, none, sample, without } from './writing.js';

describe('an archive that is broken off', () => {
  it('never ends when the blobs throw, and says what they threw', async () => {
    const lost = new Error('peer lost');
    async function* breaking(): AsyncGenerator<BlobStream> {
      yield* streamsOf(without(sample.blobs, digestOf('three')));
      throw lost;
    }
    const { stream, result } = writeArchive(sample.image, none, breaking(), docker);
    const ended = vi.fn();
    stream.on('end', ended).resume();
    const [failure] = await Promise.all([
      once(stream, 'close').catch((error: unknown) => error),
      failureOf(result),
    ]);
    expect(failure).toBe(lost);
    expect(stream.destroyed).toBe(true);
    expect(ended).not.toHaveBeenCalled();
    expect(await failureOf(result)).toBe(lost);
  });

  it('never ends when content throws', async () => {
    const lost = new Error('peer lost');
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('o');
      throw lost;
    }
    async function* breaking(): AsyncGenerator<BlobStream> {
      for await (const blob of streamsOf(sample.blobs)) yield { ...blob, content: broken() };
    }
    const { stream } = writeArchive(sample.image, none, breaking(), docker);
    expect(await failureOf(buffer(stream))).toBe(lost);
  });

  it('ends the blobs when the stream is destroyed', async () => {
    const ended = vi.fn();
    async function* blobs(): AsyncGenerator<BlobStream> {
      try {
        yield* streamsOf(sample.blobs);
      } finally {
        ended();
      }
    }
    const { stream, result } = writeArchive(sample.image, none, blobs(), docker);
    stream.once('data', () => stream.destroy());
    expect(await failureOf(result)).toMatchObject({ code: 'INTERRUPTED' });
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  });

  it('ends the content that is being read when the stream is destroyed', async () => {
    const ended = vi.fn();
    async function* watched(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      try {
        yield* content;
      } finally {
        ended();
      }
    }
    const { image, blobs } = sampleOf(Buffer.alloc(1_000_000, 'x'));
    async function* big(): AsyncGenerator<BlobStream> {
      for await (const blob of streamsOf(blobs, 1000)) yield { ...blob, content: watched(blob.content) };
    }
    const { stream } = writeArchive(image, none, big(), docker);
    stream.read(0);
    await vi.waitFor(() => expect(stream.readableLength).toBeGreaterThan(10_000));
    ended.mockClear();
    stream.destroy();
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  });

  it('ends the blobs at once when it is waiting for the next', async () => {
    const ended = vi.fn(async () => ({ done: true as const, value: undefined }));
    const stalled: AsyncIterable<BlobStream> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: ended }),
    };
    const { stream, result } = writeArchive(sample.image, none, stalled, docker);
    stream.on('error', () => {}).resume();
    await new Promise((resolve) => setImmediate(resolve));
    stream.destroy(new Error('engine gone'));
    expect(ended).toHaveBeenCalledOnce();
    expect(await failureOf(result)).toEqual(new Error('engine gone'));
  });

  it('leaves nothing unhandled when nobody looks at the result', async () => {
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    const { stream } = writeArchive(sample.image, none, streamsOf(sample.blobs), docker);
    stream.on('error', () => {}).destroy(new Error('engine gone'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
