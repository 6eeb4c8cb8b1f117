import type { Digest } from './digest.js';

/** One blob on its way: what it is, and its bytes from `offset` on, to be read once and in order. */
export interface BlobStream {
  readonly digest: Digest;
  /** Bytes of the whole blob, whatever the offset. */
  readonly size: number;
  readonly offset: number;
  readonly content: AsyncIterable<Buffer>;
}
