import type { Digest } from './digest.js';

/** One blob on its way: what it is, and its bytes from `offset` on, to be read once and in order. */
export interface BlobStream {
  readonly digest: Digest;
  /** Bytes of the whole blob, whatever the offset. */
  readonly size: number;
  readonly offset: number;
  readonly content: AsyncIterable<Buffer>;
}

/** Content without its first bytes. */
export async function* from(content: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let left = offset;
  for await (const chunk of content) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** The same items; something is done once they have been read to their end. */
export async function* endingWith<T>(items: AsyncIterable<T>, atEnd: () => void): AsyncGenerator<T> {
  yield* items;
  atEnd();
}
