import type { Terminal } from '../terminal.js';
import { widthOf } from './width.js';

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const eraseBelow = '\x1b[J';
const eraseRest = '\x1b[K';

/** A line with the columns that it takes, its colours not counted. */
export interface Line {
  readonly text: string;
  readonly plain: string;
}

/**
 * The last line of a terminal, redrawn in place each second and at each change, below lines that stay.
 * What draws it is asked anew each time, with the columns of that moment, and must keep to them.
 */
export class LiveLine {
  readonly #terminal: Terminal;
  readonly #stopResize: () => void;
  #draw: ((columns: number) => Line) | undefined;
  #drawn: Line | undefined;
  #tick: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#stopResize = terminal.onResize(() => this.#redrawResized());
    process.once('exit', this.close);
  }

  /** From now on the last line is this. */
  show(draw: (columns: number) => Line): void {
    if (this.#draw === undefined) this.#terminal.write(hideCursor);
    this.#draw = draw;
    this.#tick ??= setInterval(() => this.redraw(), 1000).unref();
    this.redraw();
  }

  /** Draws it again: what it shows has changed. */
  redraw(): void {
    const line = this.#next();
    if (line === undefined || line.text === this.#drawn?.text) return;
    this.#terminal.write(`\r${line.text}${eraseRest}`);
    this.#drawn = line;
  }

  /** Leaves lines that stay, above the last line or in its place. */
  leave(lines: readonly string[], last: 'keep' | 'end'): void {
    let output = this.#erasure();
    for (const line of lines) output += `${line}\n`;
    if (last === 'end') output += this.#ending();
    this.#drawn = undefined;
    this.#terminal.write(output);
    this.redraw();
  }

  /** Takes the last line away and gives the cursor back. */
  readonly close = (): void => {
    const output = this.#erasure() + this.#ending();
    this.#drawn = undefined;
    if (output !== '') this.#terminal.write(output);
    this.#stopResize();
    process.off('exit', this.close);
  };

  #ending(): string {
    if (this.#draw === undefined) return '';
    clearInterval(this.#tick);
    this.#tick = undefined;
    this.#draw = undefined;
    return showCursor;
  }

  #erasure(): string {
    return this.#drawn === undefined ? '' : `\r${eraseRest}`;
  }

  #redrawResized(): void {
    if (this.#drawn === undefined) return;
    // a narrower terminal has broken the line into several
    const rows = Math.max(1, Math.ceil(widthOf(this.#drawn.plain) / this.#terminal.columns()));
    const line = this.#next();
    const up = rows > 1 ? `\x1b[${rows - 1}A` : '';
    this.#terminal.write(`${up}\r${eraseBelow}${line?.text ?? ''}`);
    this.#drawn = line;
  }

  #next(): Line | undefined {
    // the last column stays free: a cursor there makes some terminals begin another line
    return this.#draw?.(this.#terminal.columns() - 1);
  }
}
