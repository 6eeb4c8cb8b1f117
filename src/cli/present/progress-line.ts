import type { Terminal } from '../terminal.js';
import { bar } from './bar.js';
import type { Line } from './live.js';
import { SlidingRate } from './rate.js';
import type { Advance, Sentences } from './sentences.js';
import { clock, rate, size } from './units.js';
import { cut, pad, widthOf } from './width.js';

const rateColumns = '00.0 MB/s'.length;
const clockColumns = '00:00'.length;

/** `██████░░░░  16.2 of 25.1 MB   61.0 MB/s   0:07`: the bytes of one image, in as many columns as there are. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #words: Sentences;
  readonly #rate = new SlidingRate();
  #advance: Advance | undefined;

  constructor(terminal: Terminal, words: Sentences) {
    this.#terminal = terminal;
    this.#words = words;
  }

  /** Notes how much had come at a time. */
  add(at: number, advance: Advance): void {
    this.#rate.add(at, advance.received);
    this.#advance = advance;
  }

  /** Begins anew, with another image. */
  begin(): void {
    this.#rate.reset();
    this.#advance = undefined;
  }

  /** Goes on after a pause, which the rate leaves out. */
  resume(): void {
    this.#rate.reset();
  }

  /** The line in at most so many columns, at a time. */
  line(columns: number, now: number): Line {
    if (this.#advance === undefined) return { text: '', plain: '' };
    const { received, total } = this.#advance;
    const perSecond = this.#rate.perSecond(now);
    const speed = perSecond === undefined ? '' : rate(perSecond);
    const left = perSecond && total > received ? clock(((total - received) / perSecond) * 1000) : '';
    const amount = this.#words.amount(this.#advance);
    const tail = `${amount}   ${pad(speed, rateColumns, 'right')}   ${pad(left, clockColumns, 'right')}`;
    return this.#withBar(received / total, tail.trimEnd(), widthOf(tail), columns);
  }

  /** The line as it stays once all has come, if any came. */
  finished(): string[] {
    if (this.#advance === undefined) return [];
    const tail = size(this.#advance.received);
    return [this.#withBar(1, tail, widthOf(tail), this.#terminal.columns() - 1).text];
  }

  #withBar(ratio: number, tail: string, tailColumns: number, columns: number): Line {
    const { symbols, colours } = this.#terminal;
    const drawn = bar(ratio, columns - tailColumns - 4, symbols);
    if (drawn === '') {
      const plain = cut(`  ${tail}`, columns, symbols.ellipsis);
      return { text: plain, plain };
    }
    return { text: `  ${colours.cyan(drawn)}  ${tail}`, plain: `  ${drawn}  ${tail}` };
  }
}
