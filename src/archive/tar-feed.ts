import { Readable } from 'node:stream';
import type { Extract } from 'tar-stream';
import * as v from 'valibot';
import { P2pimgError } from '../error.js';
import { archiveInvalid } from './failure.js';

const tailSize = 16 * 1024;
const blockSize = 512;
const errorStart = /\{"(?:errorDetail|error|message|cause)":/g;
const errorSchema = v.object({
  errorDetail: v.optional(v.object({ message: v.string() })),
  message: v.optional(v.string()),
});

/**
 * Feeds bytes into a tar extractor as fast as it takes them, and knows what the extractor does not: whether the tar
 * ended as a tar does, and whether what broke it is an engine's error in JSON.
 */
export class TarFeed {
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #fed: Promise<void>;
  #tail: Buffer = Buffer.alloc(0);
  #total = 0;
  #sourceFailure: { readonly error: unknown } | undefined;
  #tarFailure: unknown;

  constructor(bytes: AsyncIterable<Uint8Array>, tar: Extract) {
    this.#bytes = bytes;
    this.#iterator = bytes[Symbol.asyncIterator]();
    tar.on('error', (error) => {
      this.#tarFailure ??= error;
    });
    this.#fed = this.#feed(tar);
  }

  async #feed(tar: Extract): Promise<void> {
    try {
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
        if (!tar.write(chunk)) await room(tar);
        if (tar.destroying) return;
      }
      tar.end(null);
    } catch (error) {
      this.#sourceFailure = { error };
      tar.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const { done, value } = await this.#iterator.next();
    if (done === true) return undefined;
    const chunk = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#total += chunk.length;
    const tail = chunk.length < tailSize ? Buffer.concat([this.#tail, chunk]) : chunk;
    this.#tail = tail.subarray(-tailSize);
    return chunk;
  }

  /** Why reading failed: what the bytes' source threw, what the engine appended, or what is wrong with the tar. */
  async explain(error: unknown): Promise<unknown> {
    if (error instanceof P2pimgError) return error;
    await this.#fed;
    if (this.#sourceFailure !== undefined) return this.#sourceFailure.error;
    await this.#readOn();
    const cause = this.#tarFailure ?? error;
    return this.#engineFailure() ?? archiveInvalid(reasonOf(cause), undefined, cause);
  }

  /** Checks that the archive's end marker, two blocks of zeros, follows the last entry, whose content and padding end at `end`. */
  checkEnd(end: number): void {
    if (this.#total === 0) throw archiveInvalid('it is empty');
    const isWhole =
      this.#total >= end + 2 * blockSize &&
      this.#total % blockSize === 0 &&
      this.#tail.subarray(-2 * blockSize).every((byte) => byte === 0);
    if (!isWhole) throw this.#engineFailure() ?? archiveInvalid('it breaks off');
  }

  /** Lets go of the bytes, also while some are being waited for. */
  close(): void {
    if (this.#bytes instanceof Readable) this.#bytes.destroy();
    else this.#iterator.return?.().catch(() => {});
  }

  /** The extractor stops at the block where an engine's error begins; the rest of it is still to be read. */
  async #readOn(): Promise<void> {
    const limit = this.#total + tailSize;
    const isCut = (): boolean =>
      this.#tail.toString().search(errorStart) >= 0 && messageAtEnd(this.#tail) === undefined;
    try {
      while (this.#total < limit && isCut()) if ((await this.#next()) === undefined) return;
    } catch {
      // What was read has to do.
    }
  }

  #engineFailure(): P2pimgError | undefined {
    const message = messageAtEnd(this.#tail);
    return message === undefined
      ? undefined
      : new P2pimgError('ENGINE_FAILED', `the engine says: ${message}`);
  }
}

function room(tar: Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      tar.off('drain', done).off('close', done);
      resolve();
    };
    if (tar.destroyed) resolve();
    else tar.on('drain', done).on('close', done);
  });
}

/** The message of an engine's error that stands at the end of what was read: any of Docker's and Podman's forms. */
function messageAtEnd(tail: Buffer): string | undefined {
  const text = tail.toString();
  for (const { index } of text.matchAll(errorStart)) {
    const message = messageIn(text.slice(index));
    if (message !== undefined) return message;
  }
  return undefined;
}

function messageIn(json: string): string | undefined {
  try {
    const parsed = v.safeParse(errorSchema, JSON.parse(json));
    return parsed.success ? (parsed.output.errorDetail?.message ?? parsed.output.message) : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text === 'Unexpected end of data') return 'it breaks off';
  if (text.startsWith('Invalid tar header')) return 'it is no tar, or is damaged';
  return text;
}
