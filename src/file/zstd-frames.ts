import { archiveInvalid } from '../archive/failure.js';

/** Some bytes of a zstd frame, and whether the frame ends with them. */
export interface FramePiece {
  readonly bytes: Buffer;
  readonly ends: boolean;
}

/** What comes next in the bytes: a part whose length is known, and what to make of it once it is there. */
type Part =
  | { readonly type: 'magic' | 'skippable' | 'descriptor' | 'block'; readonly length: number }
  | { readonly type: 'header'; readonly length: number; readonly checksum: number }
  | { readonly type: 'body'; readonly length: number; readonly last: boolean; readonly checksum: number }
  | { readonly type: 'checksum' | 'skipped'; readonly length: number };

const magic: Part = { type: 'magic', length: 4 };

/**
 * Tells where in a stream of zstd its frames end (RFC 8878, section 3.1), which Node's own decoder does not: it stops
 * without a word after the first, and where the stream breaks off. Frames to be skipped are left out.
 */
export class FrameSplitter {
  #part: Part = magic;
  #head: Buffer = Buffer.alloc(0);
  #left = 0;
  #checksum = 0;

  /** The frames' bytes in these, in order; throws `ARCHIVE_INVALID` for what is no zstd. */
  *push(chunk: Buffer): Generator<FramePiece, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const bytes = chunk.subarray(at, at + this.#left);
        at += bytes.length;
        this.#left -= bytes.length;
        if (this.#part.type !== 'skipped') yield { bytes, ends: this.#left === 0 && this.#isLast() };
        if (this.#left === 0) this.#afterRun();
        continue;
      }
      const missing = this.#part.length - this.#head.length;
      this.#head = Buffer.concat([this.#head, chunk.subarray(at, at + missing)]);
      at += missing;
      if (this.#head.length < this.#part.length) return;
      const head = this.#head;
      this.#head = Buffer.alloc(0);
      yield* this.#take(head);
    }
  }

  /** Throws `ARCHIVE_INVALID` where the stream broke off within a frame. */
  end(): void {
    if (this.#part !== magic || this.#head.length > 0) throw archiveInvalid('it breaks off');
  }

  *#take(head: Buffer): Generator<FramePiece, void, undefined> {
    switch (this.#part.type) {
      case 'magic': {
        const number = head.readUInt32LE();
        if (number === 0xfd2fb528) {
          yield { bytes: head, ends: false };
          this.#part = { type: 'descriptor', length: 1 };
        } else if (number >>> 4 === 0x184d2a5) this.#part = { type: 'skippable', length: 4 };
        else throw archiveInvalid('it cannot be unpacked: something else stands behind its zstd');
        return;
      }
      case 'skippable':
        this.#run({ type: 'skipped', length: head.readUInt32LE() });
        return;
      case 'descriptor': {
        const descriptor = head.readUInt8();
        const single = (descriptor >> 5) & 1;
        const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
        const contentSize = [single, 2, 4, 8][descriptor >> 6] ?? 0;
        yield { bytes: head, ends: false };
        this.#checksum = ((descriptor >> 2) & 1) * 4;
        const length = 1 - single + dictionary + contentSize;
        this.#run({ type: 'header', length, checksum: this.#checksum });
        return;
      }
      case 'block': {
        const header = head.readUIntLE(0, 3);
        const type = (header >> 1) & 3;
        const last = (header & 1) === 1;
        if (type === 3) throw archiveInvalid('it cannot be unpacked: its zstd is damaged');
        const length = type === 1 ? 1 : header >> 3;
        yield { bytes: head, ends: last && length === 0 && this.#checksum === 0 };
        this.#run({ type: 'body', length, last, checksum: this.#checksum });
      }
    }
  }

  /** Begins a part whose bytes are only passed on. */
  #run(part: Part): void {
    this.#part = part;
    this.#left = part.length;
    if (part.length === 0) this.#afterRun();
  }

  #isLast(): boolean {
    return (
      this.#part.type === 'checksum' ||
      (this.#part.type === 'body' && this.#part.last && this.#checksum === 0)
    );
  }

  #afterRun(): void {
    const part = this.#part;
    if (part.type === 'header' || (part.type === 'body' && !part.last))
      this.#part = { type: 'block', length: 3 };
    else if (part.type === 'body' && part.checksum > 0)
      this.#run({ type: 'checksum', length: part.checksum });
    else this.#part = magic;
  }
}
