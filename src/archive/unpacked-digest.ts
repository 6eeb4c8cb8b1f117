import { createHash } from 'node:crypto';
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { P2pimgError } from '../error.js';
import { type Digest, digestFromHex } from '../image/digest.js';

type Compression = 'none' | 'gzip' | 'zstd';
const headSize = 4;

/** The diffID of a layer's blob, worked out as its bytes pass. */
export class UnpackedDigest {
  readonly #hash = createHash('sha256');
  #head: Buffer | undefined = Buffer.alloc(0);
  #decoder: Transform | undefined;

  /** Resolves when the bytes are unpacked; bytes that can't be are told at the end. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#head === undefined) return this.#unpack(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= headSize) await this.#start(this.#head);
  }

  /** The digest; throws the decoder's own error for what can't be unpacked. */
  async end(): Promise<Digest> {
    if (this.#head !== undefined) await this.#start(this.#head);
    if (this.#decoder !== undefined) {
      this.#decoder.end();
      await finished(this.#decoder);
    }
    return digestFromHex(this.#hash.digest('hex'));
  }

  /** Lets go of the decoder. */
  destroy(): void {
    this.#decoder?.destroy();
  }

  async #start(head: Buffer): Promise<void> {
    this.#head = undefined;
    this.#decoder = createDecoder(compressionOf(head));
    this.#decoder?.on('data', (chunk: Buffer) => this.#hash.update(chunk));
    // `finished` tells it at the end; without a listener it would end the process.
    this.#decoder?.on('error', () => {});
    await this.#unpack(head);
  }

  async #unpack(chunk: Buffer): Promise<void> {
    const decoder = this.#decoder;
    if (decoder === undefined) this.#hash.update(chunk);
    else if (!decoder.destroyed)
      await new Promise<void>((resolve) => {
        // A decoder that fails never calls back, but it closes.
        decoder.once('close', resolve);
        decoder.write(chunk, () => {
          decoder.off('close', resolve);
          resolve();
        });
      });
  }
}

/** By the first bytes: the names of media types may lie. */
function compressionOf(head: Buffer): Compression {
  if (head.length >= 2 && head.readUInt16BE() === 0x1f8b) return 'gzip';
  if (head.length >= headSize && head.readUInt32LE() === 0xfd2fb528) return 'zstd';
  return 'none';
}

function createDecoder(compression: Compression): Transform | undefined {
  switch (compression) {
    case 'none':
      return undefined;
    case 'gzip':
      return zlib.createGunzip();
    case 'zstd':
      return createUnzstd();
  }
}

/**
 * Without a decoder the layer is refused: stored unproved, it would pass for the layer of that diffID from then on,
 * for every later image.
 */
function createUnzstd(): Transform {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof create === 'function') return create();
  throw new P2pimgError(
    'ENGINE_FAILED',
    `a layer is compressed with zstd, which Node ${process.versions.node} cannot unpack to prove it; Node 22.15 can`,
  );
}
