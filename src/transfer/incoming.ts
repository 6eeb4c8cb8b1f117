import { BlobVerifier } from '../archive/verify.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { missingBlobs } from '../image/image.js';
import { maximumMetadataSize } from '../image/manifest.js';
import { type MessageOf, violation } from '../wire/message.js';
import { AnotherForm } from './another-form.js';
import { receiveInTime, refusal } from './ask.js';
import { chunksOf } from './blob-reading.js';
import { type Connected, type Progress, reconnect, type Search } from './connect.js';
import { Hands } from './hands.js';
import { Patience } from './patience.js';
import { checkAllowed, checkFree } from './room.js';
import type { Source, Sources } from './source.js';

/**
 * The wanted blobs of an image, in the order in which its sources send them. Each is verified as it passes. When a
 * source is lost in the middle, another is found, or the same again, and the blob goes on at the byte where it stopped.
 */
export class IncomingBlobs {
  readonly #sources: Sources;
  readonly #search: Search;
  readonly #progress: Progress;
  readonly #patience: Patience;
  readonly #left = new Set<Digest>();
  #connected: Connected;
  #wire = 0;
  #announced = 0;
  #doubted: readonly Source[] = [];

  constructor(connected: Connected, sources: Sources, search: Search, progress: Progress) {
    this.#connected = connected;
    this.#sources = sources;
    this.#search = search;
    this.#progress = progress;
    this.#patience = new Patience(search.patienceMs);
  }

  /** The source at the moment. */
  get source(): Source {
    return this.#connected.source;
  }

  /** The sources of the blob that is not proved, where it came from several. */
  get doubted(): readonly Source[] {
    return this.#doubted;
  }

  /** Bytes that crossed the network so far. */
  get wire(): number {
    return this.#wire + this.#connected.channel.bytesReceived;
  }

  /** Breaks the connection, whatever is being waited for, so that the source stops at once. */
  giveUp(error: P2pimgError): void {
    this.#connected.channel.destroy(error);
  }

  /** To be called once. Leaving early breaks the connection too. */
  async *wanted(digests: readonly Digest[]): AsyncGenerator<BlobStream> {
    let ended = false;
    for (const digest of digests) this.#left.add(digest);
    const stop = () => this.#connected.channel.destroy(asP2pimgError(this.#search.signal.reason));
    this.#search.signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#want(undefined);
      while (this.#left.size > 0) {
        const { digest, size } = await this.#nextBlob();
        yield { digest, size, offset: 0, content: this.#content(digest, size) };
        if (this.#left.has(digest)) throw new P2pimgError('BLOB_UNWANTED', 'a blob was not read to its end');
      }
      ended = true;
    } finally {
      this.#search.signal.removeEventListener('abort', stop);
      if (ended) this.#connected.channel.close();
      else this.giveUp(new P2pimgError('INTERRUPTED', 'the transfer was given up'));
    }
  }

  async #want(first: { digest: Digest; offset: number } | undefined): Promise<void> {
    const digests = [...this.#left].filter((digest) => digest !== first?.digest);
    await this.#connected.channel.send({ type: 'want', digests, ...(first && { first }) });
  }

  /** The announcement of the next blob, from whichever source gets that far. */
  async #nextBlob(): Promise<MessageOf<'blob'>> {
    for (;;) {
      try {
        return await this.#announcement(undefined);
      } catch (error) {
        await this.#reconnect(error, undefined);
      }
    }
  }

  async #announcement(
    first: { digest: Digest; offset: number; size: number } | undefined,
  ): Promise<MessageOf<'blob'>> {
    for (;;) {
      const incoming = await receiveInTime(this.#connected.channel);
      if (incoming.type === 'frame') throw violation('a frame before its blob');
      const { message } = incoming;
      switch (message.type) {
        case 'preparing':
          this.#progress.preparing(this.source, message.what);
          break;
        case 'refuse':
          throw refusal(message);
        case 'end':
          throw new P2pimgError('BLOB_MISSING', `the peer left out ${[...this.#left].join(', ')}`, {
            missing: [...this.#left],
          });
        case 'blob':
          this.#check(message, first);
          return message;
        default:
          throw violation(`a ${message.type} where a blob was due`);
      }
    }
  }

  #check(
    { digest, size, offset }: MessageOf<'blob'>,
    first: { digest: Digest; offset: number; size: number } | undefined,
  ): void {
    if (!this.#left.has(digest))
      throw new P2pimgError('BLOB_UNWANTED', `the peer sends ${digest}, which was not wanted`);
    if (digest !== (first?.digest ?? digest) || offset !== (first?.offset ?? 0))
      throw violation('a blob from another place than was asked for');
    const announced =
      first?.size ?? this.#connected.image.layers.find((layer) => layer.digest === digest)?.size;
    if (announced !== undefined && announced !== size)
      throw new P2pimgError('SIZE_MISMATCH', `${digest} has ${size} bytes, not ${announced}`, {
        wanted: announced,
        got: size,
      });
    if (first === undefined) this.#checkRoom(digest, size);
  }

  /** Where the offer only estimates, this is the first to be heard of how large a blob is. */
  #checkRoom(digest: Digest, size: number): void {
    if (digest === this.#connected.image.configDigest && size > maximumMetadataSize)
      throw new P2pimgError('IMAGE_CONFIG_INVALID', 'an image config over 4 MiB', { digest, size });
    this.#announced += size;
    checkAllowed(this.#announced, this.#search.room);
    checkFree(this.#announced, this.#search.room);
  }

  /** The bytes of one blob; its last chunk is handed on only when its size and digest are proved. */
  async *#content(digest: Digest, size: number): AsyncGenerator<Buffer> {
    const verifier = new BlobVerifier(digest, size);
    const hands = new Hands(this.source);
    let left: 'some' | 'nothing' = 'some';
    while (left === 'some')
      try {
        for await (const chunk of chunksOf(this.#connected.channel, digest)) {
          const proved = verifier.update(chunk);
          this.#patience.renew();
          this.#progress.received(chunk.length);
          if (proved !== undefined) yield proved;
        }
        left = 'nothing';
      } catch (error) {
        await this.#reconnect(error, { digest, offset: verifier.offset, size });
        hands.add(this.source);
      }
    const last = hands.finish(verifier, (sources) => {
      this.#doubted = sources;
    });
    this.#left.delete(digest);
    if (last !== undefined) yield last;
  }

  /** After `PEER_LOST` finds another source, or the same again, and wants the rest from it; throws all else on. */
  async #reconnect(
    cause: unknown,
    first: { digest: Digest; offset: number; size: number } | undefined,
  ): Promise<void> {
    const error = asP2pimgError(cause);
    if (error.code !== 'PEER_LOST' || this.#search.signal.aborted) throw error;
    const lost = this.source;
    this.#progress.lost(lost, error);
    this.#sources.failed(lost, error);
    const patience = this.#patience.begin();
    try {
      await this.#connectAgain(error, first, patience.signal);
    } finally {
      patience.clear();
    }
  }

  async #connectAgain(
    error: P2pimgError,
    first: { digest: Digest; offset: number; size: number } | undefined,
    patience: AbortSignal,
  ): Promise<void> {
    let last = error;
    for (;;) {
      const connected = await reconnect(
        this.#sources,
        this.#search,
        patience,
        this.#connected.image,
        this.#progress,
        last,
      );
      const offered = missingBlobs(connected.image, new Map());
      if (![...this.#left].every((digest) => offered.includes(digest))) throw new AnotherForm(connected);
      this.#wire += this.#connected.channel.bytesReceived;
      this.#connected = connected;
      try {
        await this.#want(first);
        if (first !== undefined) await this.#announcement(first);
        this.#progress.resumed(this.source);
        return;
      } catch (again) {
        last = asP2pimgError(again);
        if (last.code !== 'PEER_LOST') throw last;
        this.#sources.failed(this.source, last);
      }
    }
  }
}
