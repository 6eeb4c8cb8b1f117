import { Readable } from 'node:stream';
import { P2pimgError } from '../error.js';

/** A stream of bytes, and what came of it once its last byte was read. */
export interface Pulled<T> {
  readonly stream: Readable;
  readonly result: Promise<T>;
}

/**
 * A stream that pulls its bytes one chunk at a time from a generator. What the generator throws destroys the stream;
 * the stream's destruction ends the generator, and calls `release` at once, for what the generator is waiting for.
 */
export function pulled<T extends object>(
  bytes: AsyncGenerator<Buffer, T | undefined, undefined>,
  release: () => void,
): Pulled<T> {
  const stream = new Readable();
  const result = new Promise<T>((resolve, reject) => {
    stream._read = () => {
      bytes.next().then(
        ({ done, value }) => {
          if (done === true && value !== undefined) resolve(value);
          stream.push(done === true ? null : value);
        },
        (error: Error) => stream.destroy(error),
      );
    };
    stream._destroy = (error, callback) => {
      reject(error ?? new P2pimgError('INTERRUPTED', 'the archive was not read to its end'));
      release();
      bytes.return(undefined).catch(() => {});
      callback(error);
    };
  });
  // Whoever reads the stream learns of a failure there.
  result.catch(() => {});
  return { stream, result };
}
