import { type FileHandle, open } from 'node:fs/promises';
import { surveyedBlobs } from '../archive/exported-blobs.js';
import { blobMissing } from '../archive/failure.js';
import { readArchive } from '../archive/read.js';
import { type ArchiveSurvey, surveyArchive } from '../archive/survey.js';
import { verified } from '../archive/verify.js';
import { P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { type Compression, compressionOf, headSize } from './compression.js';
import { diskError, throwIfAborted } from './disk.js';
import { unpacked } from './unpack.js';

const readSize = 256 * 1024;

/**
 * An archive of images in a file, compressed or not, that can be read as often as needed: once to prove it and to learn
 * what it holds, then for its blobs. Nothing of it is kept, or unpacked to a disk.
 */
export class ArchiveFile {
  readonly path: string;
  /** Bytes of the file as it is. */
  readonly size: number;
  readonly compression: Compression;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, compression: Compression, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.compression = compression;
    this.#handle = handle;
  }

  /** Opens a file; `USAGE` where it is none or may not be read, `ARCHIVE_INVALID` for a compression that is not read. */
  static async open(path: string): Promise<ArchiveFile> {
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw diskError(error, 'read', path);
    });
    return ArchiveFile.of(path, handle);
  }

  /** The same for a file that is open, which it closes. */
  static async of(path: string, handle: FileHandle): Promise<ArchiveFile> {
    try {
      const stats = await handle.stat();
      if (!stats.isFile())
        throw new P2pimgError('USAGE', `${path} is not a file`, { try: 'the name of an archive' });
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headSize), 0, headSize, 0);
      return new ArchiveFile(path, stats.size, compressionOf(buffer.subarray(0, bytesRead)), handle);
    } catch (error) {
      await handle.close();
      throw diskError(error, 'read', path);
    }
  }

  /** Reads it to its end, and tells what it holds, all proved; throws as `surveyArchive` does. `read` is told of the file's bytes. */
  survey(signal: AbortSignal, read: (bytes: number) => void = () => {}): Promise<ArchiveSurvey> {
    return surveyArchive(unpacked(this.#bytes(0, Number.POSITIVE_INFINITY, signal, read)), 'layers');
  }

  /** The wanted blobs of a survey of it, each once, proved as they pass: an uncompressed archive is read only where they are. */
  async *blobs(
    survey: Pick<ArchiveSurvey, 'blobs'>,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncGenerator<BlobStream, void, undefined> {
    throwIfAborted(signal);
    const missing = [...wanted].filter((digest) => !survey.blobs.has(digest));
    if (missing.length > 0) throw blobMissing(missing);
    if (this.compression !== 'none')
      yield* surveyedBlobs(
        readArchive(unpacked(this.#bytes(0, Number.POSITIVE_INFINITY, signal))),
        survey,
        wanted,
      );
    else
      for (const [digest, { at, size }] of placesIn(survey, wanted)) {
        const content = this.#bytes(at, size, signal);
        yield { digest, size, offset: 0, content: verified(content, digest, size) };
      }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async *#bytes(
    from: number,
    length: number,
    signal: AbortSignal,
    read: (bytes: number) => void = () => {},
  ): AsyncGenerator<Buffer, void, undefined> {
    let at = from;
    for (let left = length; left > 0; ) {
      throwIfAborted(signal);
      const size = Math.min(readSize, left);
      const { buffer, bytesRead } = await this.#handle
        .read(Buffer.allocUnsafe(size), 0, size, at)
        .catch((error: unknown) => {
          throw diskError(error, 'read', this.path);
        });
      if (bytesRead === 0) return;
      at += bytesRead;
      left -= bytesRead;
      read(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  }
}

function placesIn({ blobs }: Pick<ArchiveSurvey, 'blobs'>, wanted: ReadonlySet<Digest>) {
  return [...blobs].filter(([digest]) => wanted.has(digest)).toSorted(([, a], [, b]) => a.at - b.at);
}
