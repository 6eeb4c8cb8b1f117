import type { Puller } from '../engine/port.js';
import type { ErrorCode, P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { missingBlobs } from '../image/image.js';
import type { Reference } from '../image/reference.js';
import type { Attempt, Receiver, Way } from './attempt.js';
import type { Connected } from './connect.js';
import { planOf, type Received } from './plan.js';
import { checkFree } from './room.js';
import { SingleBlobs } from './single-blobs.js';
import type { Source } from './source.js';

/** Failures that would be the same in one stream. */
const decisive: ReadonlySet<ErrorCode> = new Set([
  'PEER_LOST',
  'INTERRUPTED',
  'NO_SPACE',
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
  'PROTOCOL_VIOLATION',
  'IMAGE_TOO_LARGE',
]);

/** Receives an image by its blobs, as the engine asks for them. */
export class OneByOne implements Attempt {
  readonly #receiver: Receiver;
  readonly #connected: Connected;
  readonly #puller: Puller;
  readonly #reference: Reference;
  readonly #missing: Set<Digest>;
  readonly #blobs: SingleBlobs;

  constructor(receiver: Receiver, connected: Connected, puller: Puller, reference: Reference) {
    const { sources, search, watcher } = receiver;
    const missing = missingBlobs(connected.image, puller.held);
    this.#receiver = receiver;
    this.#connected = connected;
    this.#puller = puller;
    this.#reference = reference;
    this.#missing = new Set(missing);
    this.#blobs = new SingleBlobs(connected, sources, search, watcher, missing);
  }

  get source(): Source {
    return this.#blobs.source;
  }

  get doubted(): readonly Source[] {
    return this.#blobs.doubted;
  }

  async run(): Promise<Received> {
    const { search, watcher } = this.#receiver;
    const { image } = this.#connected;
    const plan = planOf(image, this.#puller.held);
    checkFree(plan.bytesToGo, search.room);
    watcher.planned(image, plan, () => this.#blobs.wire);
    const read = (digest: Digest, offset: number) => this.#read(digest, offset);
    const imported = await this.#puller.pull(read, this.#reference, search.signal);
    const { source, wire } = this.#blobs;
    this.#blobs.end();
    return { image, ...imported, source, wire, reused: plan.bytesHere };
  }

  giveUp(error: P2pimgError): void {
    this.#blobs.giveUp(error);
  }

  next(code: ErrorCode): Way | undefined {
    return decisive.has(code) ? undefined : 'in one stream';
  }

  #read(digest: Digest, offset: number): BlobStream {
    const blob = this.#blobs.read(digest, offset);
    return { ...blob, content: this.#counted(digest, blob.content) };
  }

  /** Tells when the last of what was missing has come. */
  async *#counted(digest: Digest, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    yield* content;
    if (this.#missing.delete(digest) && this.#missing.size === 0) this.#receiver.watcher.loading();
  }
}
