import { asP2pimgError, P2pimgError } from '../../../error.js';
import type { BlobStream } from '../../../image/blob.js';
import type { Digest } from '../../../image/digest.js';
import type { BlobReader } from '../../port.js';
import { type Loopback, type Pushed, type PushedBlob, type PushTarget, pushImage } from './push.js';

/** So often it is looked whether the engine waits for another answer before it comes to what is wanted. */
const lookMs = 500;
/** An engine that pushes nothing of what is wanted for so many looks will not any more. */
const maximumLooks = 120;

interface Waiting {
  readonly deliver: (blob: BlobStream) => void;
  readonly fail: (error: P2pimgError) => void;
}

/**
 * Reads single blobs out of an engine of the containerd store, as its pushes to us bring them. An engine asks of a few
 * blobs at once whether they are there, and does nothing else before it is answered. For an expected blob the answer
 * waits until somebody reads it; all others are said to be there. If one of these is read after all, or one that is
 * still to be asked of while the engine waits, the push is let go on, and another follows for what it did not bring.
 */
export class PushReader implements BlobReader {
  readonly #loopback: Loopback;
  readonly #pushed: Pushed;
  #expected: ReadonlySet<Digest> = new Set();
  readonly #stop = new AbortController();
  readonly #wanted = new Map<Digest, Waiting>();
  /** Digests that the push under way has asked of and not been answered yet. */
  readonly #asked = new Map<Digest, (isThere: boolean) => void>();
  #pushing: Promise<void> | undefined;
  /** Uploads that are being read. */
  #taking = 0;
  /** Whether an upload of the push under way was not read to its end, which breaks the push; another brings what is wanted then. */
  #wasLeft = false;
  #looking: NodeJS.Timeout | undefined;
  #looks = 0;

  constructor(loopback: Loopback, pushed: Pushed) {
    this.#loopback = loopback;
    this.#pushed = pushed;
  }

  /** Begins to push, so that the first blob comes sooner. */
  begin(expected: ReadonlySet<Digest>): void {
    this.#expected = expected;
    this.#pushOn();
  }

  read(digest: Digest): Promise<BlobStream> {
    return new Promise((resolve, reject) => {
      if (this.#stop.signal.aborted) return reject(asP2pimgError(this.#stop.signal.reason));
      this.#fail(digest, new P2pimgError('INTERRUPTED', 'the blob was asked for again'));
      this.#wanted.set(digest, { deliver: resolve, fail: reject });
      this.#pushOn();
      const answer = this.#asked.get(digest);
      if (answer === undefined) this.#goOn();
      else answer(false);
      this.#looking ??= setInterval(() => this.#look(), lookMs);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    this.#stop.abort(new P2pimgError('INTERRUPTED', 'the transfer is over'));
    for (const answer of this.#asked.values()) answer(true);
    await this.#pushing?.catch(() => undefined);
  }

  #pushOn(): void {
    this.#pushing ??= this.#push();
  }

  /** Lets the push go on to what it has not asked of yet. */
  #goOn(): void {
    for (const answer of this.#asked.values()) answer(true);
  }

  /** What is wanted may be asked of only after what the engine has asked of since; or never, where it hangs. */
  #look(): void {
    this.#looks = this.#wanted.size > 0 && this.#taking === 0 ? this.#looks + 1 : 0;
    if (this.#looks < maximumLooks) {
      if (this.#wanted.size > 0) this.#goOn();
      return;
    }
    clearInterval(this.#looking);
    const seconds = (maximumLooks * lookMs) / 1000;
    this.#fall(new P2pimgError('ENGINE_FAILED', `the engine pushed nothing for ${seconds} s`));
  }

  /** Nothing more comes. */
  #fall(error: P2pimgError): void {
    this.#stop.abort(error);
    for (const digest of [...this.#wanted.keys()]) this.#fail(digest, error);
  }

  async #push(): Promise<void> {
    const target: PushTarget = { has: (digest) => this.#has(digest), take: (blob) => this.#take(blob) };
    const before = new Set(this.#wanted.keys());
    this.#wasLeft = false;
    try {
      await pushImage(this.#loopback, this.#pushed, target, this.#stop.signal);
      this.#pushing = undefined;
      // What was wanted all the time and did not come never will.
      for (const digest of before) this.#fail(digest, missing(digest));
      if (this.#wanted.size > 0) this.#pushOn();
    } catch (error) {
      this.#pushing = undefined;
      if (!this.#wasLeft || this.#stop.signal.aborted) return this.#fall(asP2pimgError(error));
      if (this.#wanted.size > 0) this.#pushOn();
    }
  }

  #has(digest: Digest): boolean | Promise<boolean> {
    if (this.#wanted.has(digest)) return false;
    if (!this.#expected.has(digest) || this.#stop.signal.aborted) return true;
    return new Promise((resolve) => {
      this.#asked.set(digest, (isThere) => {
        this.#asked.delete(digest);
        resolve(isThere);
      });
    });
  }

  async #take({ digest, size, content }: PushedBlob): Promise<void> {
    const waiting = digest && this.#wanted.get(digest);
    if (waiting === undefined || digest === undefined || size === undefined)
      throw new P2pimgError('BLOB_UNWANTED', `nobody waits for ${digest}`);
    this.#wanted.delete(digest);
    this.#taking += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        const over = (outcome: Outcome) => {
          if (outcome === 'read') return resolve();
          if (outcome === 'left') this.#wasLeft = true;
          reject(new P2pimgError('INTERRUPTED', 'the blob was not read to its end'));
        };
        waiting.deliver({ digest, size, offset: 0, content: readThrough(content, over) });
      });
    } finally {
      this.#taking -= 1;
    }
  }

  #fail(digest: Digest, error: P2pimgError): void {
    this.#wanted.get(digest)?.fail(error);
    this.#wanted.delete(digest);
  }
}

/** What became of an upload: read to its end, broken off by the engine, or left by who read it. */
type Outcome = 'read' | 'broken' | 'left';

/** The content of an upload, and what became of it. Nothing does where nobody begins to read. */
async function* readThrough(
  content: AsyncIterable<Buffer>,
  over: (outcome: Outcome) => void,
): AsyncGenerator<Buffer> {
  let outcome: Outcome = 'left';
  try {
    yield* content;
    outcome = 'read';
  } catch (error) {
    outcome = 'broken';
    throw error;
  } finally {
    over(outcome);
  }
}

function missing(digest: Digest): P2pimgError {
  return new P2pimgError('BLOB_MISSING', `the engine did not push ${digest}`, { digest });
}
