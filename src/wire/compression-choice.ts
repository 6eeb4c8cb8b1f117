import type { Encoding } from './message.js';

/** A frame is worth its compression where it saves an eighth. */
export const worthwhile = 7 / 8;
/** Where content does not shrink, one frame in so many is tried again. */
const triesWhereItDoesNotShrink = 16;
/** So much cheaper must compressing be: the receiver has work with it too, and both ends have engines to feed. */
const margin = 1.5;
/** The socket is asked for its rate when it has pushed back, or after so many frames. */
const pushedBackMs = 20;
const framesBeforeProbe = 16;
const framesOfProbe = 2;
/** While compressing, a frame or two go as they are after so many; earlier where the socket takes all at once. */
const framesUntilProbe = { held: 256, free: 128 };
/** A socket that keeps a compressed frame waiting for so long on the average holds them up. */
const heldMsPerFrame = 1;
/** While sending as it is, a frame or two are compressed after so many. */
const framesUntilTry = 64;

/** What is left of an old measurement when a new one begins. */
const faded = 1 / 8;

/** Milliseconds a byte, of late: the last eight frames or so count most. */
class Cost {
  #ms = 0;
  #bytes = 0;

  get perByte(): number | undefined {
    return this.#bytes === 0 ? undefined : this.#ms / this.#bytes;
  }

  /** What is measured next counts for more than all before. */
  fade(): void {
    this.#ms *= faded;
    this.#bytes *= faded;
  }

  add(bytes: number, ms: number): void {
    this.#ms = this.#ms * worthwhile + ms;
    this.#bytes = this.#bytes * worthwhile + bytes;
  }
}

/**
 * Decides for one transfer which frames are compressed, by what it measured: how long compressing takes, how much it
 * saves, and how long the socket takes for bytes as they are. A fast link is not held up by a slow processor, nor a slow
 * link filled with what would shrink. It is found out anew from time to time, as links and processors are shared.
 */
export class CompressionChoice {
  readonly now: () => number;
  readonly #compressing = new Cost();
  readonly #sending = new Cost();
  #ratio = 0;
  #atWork = 0;
  #busySince = 0;
  #encoding: Encoding = 'zstd';
  /** Frames of that encoding in a row. */
  #inARow = 0;
  /** Frames of the other encoding that are still to be tried. */
  #toTry = 0;
  #heldMs = 0;

  /** `now` in milliseconds, of any beginning. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** How the next frame goes. */
  next(): Encoding {
    const encoding = this.#better();
    if (encoding !== this.#encoding) {
      this.#encoding = encoding;
      this.#startOver();
    }
    if (this.#toTry === 0 && this.#isTimeToTry()) {
      this.#toTry = framesOfProbe;
      (encoding === 'zstd' ? this.#sending : this.#compressing).fade();
      this.#startOver();
    }
    if (this.#toTry > 0) {
      this.#toTry -= 1;
      return encoding === 'zstd' ? 'identity' : 'zstd';
    }
    this.#inARow += 1;
    return encoding;
  }

  /** A frame begins to be compressed. */
  begin(): void {
    if (this.#atWork === 0) this.#busySince = this.now();
    this.#atWork += 1;
  }

  /** One that had begun is compressed. Of several at once each counts for its part of the time. */
  end(bytesIn: number, bytesOut: number): void {
    const now = this.now();
    this.#compressing.add(bytesIn, now - this.#busySince);
    this.#busySince = now;
    this.#atWork -= 1;
    const ratio = bytesOut / bytesIn;
    this.#ratio = this.#ratio === 0 ? ratio : this.#ratio + (ratio - this.#ratio) / 4;
  }

  /** The socket took a frame, and kept it waiting for so long. */
  sent(encoding: Encoding, bytes: number, ms: number): void {
    this.#heldMs += ms;
    if (encoding === 'identity') this.#sending.add(bytes, ms);
  }

  #better(): Encoding {
    const [compressing, sending] = [this.#compressing.perByte, this.#sending.perByte];
    if (compressing === undefined) return 'zstd';
    if (this.#ratio >= worthwhile) return 'identity';
    if (sending === undefined) return 'zstd';
    return Math.max(compressing * margin, sending * this.#ratio) < sending * worthwhile ? 'zstd' : 'identity';
  }

  #isTimeToTry(): boolean {
    const [compressing = 0, sending] = [this.#compressing.perByte, this.#sending.perByte];
    if (this.#encoding === 'zstd') {
      if (compressing === 0) return false;
      if (sending === undefined) return this.#heldMs >= pushedBackMs || this.#inARow >= framesBeforeProbe;
      const isHeld = this.#heldMs >= heldMsPerFrame * this.#inARow;
      return this.#inARow >= (isHeld ? framesUntilProbe.held : framesUntilProbe.free);
    }
    if (this.#ratio >= worthwhile) return this.#inARow >= triesWhereItDoesNotShrink;
    // A socket that takes everything at once leaves nothing to be saved.
    return this.#inARow >= framesUntilTry && (sending ?? 0) > compressing / 2;
  }

  #startOver(): void {
    this.#inARow = 0;
    this.#heldMs = 0;
  }
}
