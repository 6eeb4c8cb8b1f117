import { BlobVerifier } from '../archive/verify.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { missingBlobs } from '../image/image.js';
import { parseManifest } from '../image/manifest.js';
import type { Channel } from '../wire/channel.js';
import { violation } from '../wire/message.js';
import { AnotherForm } from './another-form.js';
import { receiveInTime, refusal } from './ask.js';
import { type Awaited, awaitBlob, chunksOf } from './blob-reading.js';
import { type Connected, type Progress, reconnect, type Search } from './connect.js';
import { Hands } from './hands.js';
import { Patience } from './patience.js';
import type { Source, Sources } from './source.js';

/** A source that is ready to be read from, and the channels to it that are free. */
interface Open {
  readonly connected: Connected;
  readonly ticket: string;
  readonly free: Channel[];
}

/**
 * The blobs of an image, read one by one, several at once, each over a channel of its own. Each that is read from its first
 * byte is verified as it passes. When the source is lost, another is found, or the same again, once for all blobs, and
 * each goes on at the byte where it stopped.
 */
export class SingleBlobs {
  readonly #sources: Sources;
  readonly #search: Search;
  readonly #progress: Progress;
  readonly #patience: Patience;
  /** Those that will probably be read, and were not yet. */
  readonly #expected: Set<Digest>;
  readonly #sizes: ReadonlyMap<Digest, number>;
  readonly #channels: Channel[] = [];
  readonly #onAbort = () => this.giveUp(asP2pimgError(this.#search.signal.reason));
  readonly #over = new AbortController();
  #connected: Connected;
  #open: Promise<Open>;
  #doubted: readonly Source[] = [];

  /** `expected` are the blobs that will probably be read. */
  constructor(
    connected: Connected,
    sources: Sources,
    search: Search,
    progress: Progress,
    expected: readonly Digest[],
  ) {
    this.#connected = connected;
    this.#sources = sources;
    this.#search = search;
    this.#progress = progress;
    this.#patience = new Patience(search.patienceMs);
    this.#expected = new Set(expected);
    this.#sizes = sizesOf(connected);
    this.#channels.push(connected.channel);
    search.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#open = this.#want(connected).catch((error: unknown) => this.#reopen(asP2pimgError(error)));
    this.#open.catch(() => undefined); // whoever reads is told
  }

  /** The source at the moment. */
  get source(): Source {
    return this.#connected.source;
  }

  /** The sources of a blob that is not proved, where it came from several. */
  get doubted(): readonly Source[] {
    return this.#doubted;
  }

  /** Bytes that crossed the network so far. */
  get wire(): number {
    return this.#channels.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
  }

  /** One blob of the image; leaving its content early breaks that channel. */
  read(digest: Digest, offset: number): BlobStream {
    const size = this.#sizes.get(digest);
    if (size === undefined || offset > size)
      throw new P2pimgError('BLOB_UNWANTED', `${digest} is no blob of the image`, { digest });
    return { digest, size, offset, content: this.#content(digest, offset, size) };
  }

  /** Everything was read. */
  end(): void {
    this.#finish();
    for (const channel of this.#channels) channel.close();
  }

  /** Breaks all connections, whatever is being waited for, so that the source stops at once. */
  giveUp(error: P2pimgError): void {
    this.#finish();
    for (const channel of this.#channels) channel.destroy(error);
  }

  #finish(): void {
    this.#over.abort();
    this.#search.signal.removeEventListener('abort', this.#onAbort);
  }

  async *#content(digest: Digest, offset: number, size: number): AsyncGenerator<Buffer> {
    // From within a blob only the engine can prove it, which has the beginning.
    const verifier = offset === 0 ? new BlobVerifier(digest, size) : undefined;
    const hands = new Hands();
    let at = offset;
    let channel: Channel | undefined;
    let opening = this.#open;
    let open: Open | undefined;
    let chunks: AsyncGenerator<Buffer> | undefined;
    try {
      for (;;) {
        let next: IteratorResult<Buffer>;
        try {
          open ??= await opening;
          if (channel === undefined || chunks === undefined) {
            channel = open.free.pop() ?? (await this.#dial(open));
            await this.#begin(channel, open, { digest, size, offset: at });
            chunks = chunksOf(channel, digest);
          }
          next = await chunks.next();
          hands.add(open.connected.source);
        } catch (error) {
          if (open === undefined) throw error;
          channel?.destroy(asP2pimgError(error));
          opening = this.#lost(opening, asP2pimgError(error));
          [open, channel, chunks] = [undefined, undefined, undefined];
          continue;
        }
        if (next.done === true) break;
        const chunk = next.value;
        const proved = verifier === undefined ? chunk : verifier.update(chunk);
        at += chunk.length;
        this.#patience.renew();
        this.#progress.received(chunk.length);
        if (proved !== undefined) yield proved;
      }
      const last =
        verifier &&
        hands.finish(verifier, (sources) => {
          this.#doubted = sources;
        });
      this.#expected.delete(digest); // a source that is found later need not wait for it
      if (last !== undefined) yield last;
      if (channel !== undefined) open?.free.push(channel);
      channel = undefined;
    } finally {
      channel?.destroy(new P2pimgError('INTERRUPTED', 'the blob was not read to its end'));
      await chunks?.return(undefined);
    }
  }

  async #begin(channel: Channel, { ticket }: Open, awaited: Awaited): Promise<void> {
    const { digest, offset } = awaited;
    await channel.send({ type: 'read', ticket, digest, offset });
    await awaitBlob(channel, awaited, (what) => this.#progress.preparing(this.source, what));
  }

  async #dial({ connected }: Open): Promise<Channel> {
    const channel = await connected.source.open(AbortSignal.any([this.#search.signal, this.#over.signal]));
    this.#channels.push(channel);
    if (this.#over.signal.aborted) channel.destroy(new P2pimgError('INTERRUPTED', 'the transfer is over'));
    return channel;
  }

  /** Says what is wanted, and waits until the source is ready. */
  async #want(connected: Connected): Promise<Open> {
    const { channel, source } = connected;
    await channel.send({ type: 'want', digests: [...this.#expected], singly: true });
    for (;;) {
      const incoming = await receiveInTime(channel);
      const { message } = incoming.type === 'message' ? incoming : { message: undefined };
      switch (message?.type) {
        case 'preparing':
          this.#progress.preparing(source, message.what);
          break;
        case 'refuse':
          throw refusal(message);
        case 'ready':
          return { connected, ticket: message.ticket, free: [] };
        default:
          throw violation(`a ${message?.type ?? 'frame'} where it should be ready`);
      }
    }
  }

  /**
   * A blob's source failed: the first that notices looks for another, and all go on with that. A source that was given
   * up ends the transfer at its side, and may refuse what is still asked of it.
   */
  #lost(opening: Promise<Open>, error: P2pimgError): Promise<Open> {
    if (this.#over.signal.aborted) throw error;
    if (this.#open === opening) {
      if (error.code !== 'PEER_LOST') throw error;
      this.#open = this.#reopen(error);
      this.#open.catch(() => undefined); // whoever reads is told
    }
    return this.#open;
  }

  async #reopen(cause: P2pimgError): Promise<Open> {
    if (cause.code !== 'PEER_LOST' || this.#over.signal.aborted) throw cause;
    this.#progress.lost(this.source, cause);
    const patience = this.#patience.begin(this.#over.signal);
    try {
      return await this.#openAgain(cause, patience.signal);
    } finally {
      patience.clear();
    }
  }

  async #openAgain(cause: P2pimgError, patience: AbortSignal): Promise<Open> {
    let last = cause;
    for (;;) {
      this.#sources.failed(this.source, last);
      this.#connected.channel.destroy(last);
      const { image } = this.#connected;
      const connected = await reconnect(this.#sources, this.#search, patience, image, this.#progress, last);
      this.#channels.push(connected.channel);
      const offered = missingBlobs(connected.image, new Map());
      if (!connected.singly || ![...this.#sizes.keys()].every((digest) => offered.includes(digest)))
        throw new AnotherForm(connected);
      this.#connected = connected;
      try {
        const open = await this.#want(connected);
        this.#progress.resumed(this.source);
        return open;
      } catch (again) {
        last = asP2pimgError(again);
        if (last.code !== 'PEER_LOST') throw last;
      }
    }
  }
}

/** The sizes of the config and the layers' blobs, as the manifest has them. */
function sizesOf({ image }: Connected): ReadonlyMap<Digest, number> {
  const parsed = parseManifest(image.manifest?.json ?? '');
  if (parsed.type === 'index') throw violation('an index where a manifest was due');
  return new Map(
    [parsed.manifest.config, ...parsed.manifest.layers].map(({ digest, size }) => [digest, size]),
  );
}
