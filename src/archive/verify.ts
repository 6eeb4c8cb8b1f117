import { createHash } from 'node:crypto';
import { type Digest, digestFromHex } from '../image/digest.js';
import { digestMismatch, sizeMismatch } from './failure.js';

/**
 * Proves one blob while its bytes pass, over as many connections as it takes: `update` with each chunk, then `finish`.
 * Both give what may be handed on; the chunk that completes the blob only comes from `finish`, once all is proved.
 */
export class BlobVerifier {
  readonly digest: Digest;
  readonly size: number;
  readonly #hash = createHash('sha256');
  #offset = 0;
  #last: Buffer | undefined;

  constructor(digest: Digest, size: number) {
    this.digest = digest;
    this.size = size;
  }

  /** Bytes taken so far: where a broken blob goes on. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes the next chunk; throws `SIZE_MISMATCH` for bytes past the end. */
  update(chunk: Buffer): Buffer | undefined {
    if (this.#offset + chunk.length > this.size)
      throw sizeMismatch(this.digest, this.size, this.#offset + chunk.length);
    this.#hash.update(chunk);
    this.#offset += chunk.length;
    if (this.#offset < this.size || chunk.length === 0) return chunk;
    this.#last = chunk;
    return undefined;
  }

  /** Ends the blob, once; throws `SIZE_MISMATCH` where bytes lack, and `DIGEST_MISMATCH` where they are others. */
  finish(): Buffer | undefined {
    if (this.#offset !== this.size) throw sizeMismatch(this.digest, this.size, this.#offset);
    const got = digestFromHex(this.#hash.digest('hex'));
    if (got !== this.digest) throw digestMismatch(this.digest, got);
    return this.#last;
  }
}

/**
 * A blob's content, handed on as it is proved: throws `SIZE_MISMATCH` or `DIGEST_MISMATCH` before the last chunk. With
 * the verifier of content that broke off, it goes on where that stopped.
 */
export async function* verified(
  content: AsyncIterable<Buffer>,
  digest: Digest,
  size: number,
  verifier: BlobVerifier = new BlobVerifier(digest, size),
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content) {
    const proved = verifier.update(chunk);
    if (proved !== undefined) yield proved;
  }
  const last = verifier.finish();
  if (last !== undefined) yield last;
}
