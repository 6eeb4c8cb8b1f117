import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import { archiveInvalid } from '../archive/failure.js';
import { P2pimgError } from '../error.js';

/** Bytes, and what their source threw, which is to be told apart from what a decoder says of them. */
export class NotedSource {
  #failure: { readonly error: unknown } | undefined;
  readonly #bytes: AsyncIterable<Buffer>;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* this.#bytes;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** Why unpacking failed: what the source threw, else that the compressed bytes are damaged (`ARCHIVE_INVALID`). */
  explain(error: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    if (error instanceof P2pimgError) return error;
    const said = error instanceof Error ? error.message : String(error);
    const breaksOff = /unexpected end|premature|ended/i.test(said);
    return archiveInvalid(breaksOff ? 'it breaks off' : `it cannot be unpacked: ${said}`, undefined, error);
  }
}

/** The bytes after they went through a stream of this process; leaving the loop lets go of both. */
export async function* through(
  bytes: AsyncIterable<Buffer>,
  stream: Transform,
): AsyncGenerator<Buffer, void, undefined> {
  const source = new NotedSource(bytes);
  // what goes wrong shows where the stream is read
  pipeline(source, stream, () => undefined);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw source.explain(error);
  } finally {
    stream.destroy();
  }
}
