import type { WayEvent } from '../../control/ways.js';
import type { P2pimgError } from '../../error.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { writeFailure } from './failure.js';
import { type Line, LiveLine } from './live.js';
import { ProgressLine } from './progress-line.js';
import { rowLines } from './rows.js';
import { size } from './units.js';
import type { WayPresenter } from './way.js';
import { WayWords } from './way-words.js';
import { cut, pad, widthOf, wrap } from './width.js';

/** A `save`, `load` or `copy` on a terminal: what is settled stays, what is under way is the last line. */
export class WayScreen implements WayPresenter {
  readonly #terminal: Terminal;
  readonly #errors: Terminal;
  readonly #words: WayWords;
  readonly #live: LiveLine;
  readonly #progress: ProgressLine;
  #phase: 'running' | 'stopping' = 'running';

  constructor(terminal: Terminal, errors: Terminal) {
    this.#terminal = terminal;
    this.#errors = errors;
    this.#words = new WayWords(terminal.symbols);
    this.#live = new LiveLine(terminal);
    this.#progress = new ProgressLine(terminal, this.#words);
  }

  event(event: WayEvent): void {
    if (this.#phase === 'stopping' && event.type !== 'done' && event.type !== 'written') return;
    const words = this.#words;
    switch (event.type) {
      case 'reading':
        if (event.total === undefined) this.#wait('reading', size(event.read));
        else this.#advance(event.read, event.total, true);
        return;
      case 'sound':
        this.#live.leave(this.#progress.finished(), 'end');
        this.#progress.begin();
        this.#live.leave(wrap(words.sound(event), this.#terminal.columns() - 1), 'keep');
        return;
      case 'found':
        this.#live.leave(
          [...this.#head(event), ...rowLines([['from', words.way(event)]], this.#terminal)],
          'keep',
        );
        this.#wait('comparing', 'layers');
        return;
      case 'plan':
        this.#progress.begin();
        this.#live.leave(rowLines([['there', words.plan(event)]], this.#terminal), 'keep');
        this.#advance(0, event.bytesToGo, event.bytesExact);
        return;
      case 'progress':
        this.#advance(event.received, event.total, event.totalExact);
        return;
      case 'waiting':
        this.#wait('waiting', words.waiting(event));
        return;
      case 'loading':
        this.#live.leave(this.#progress.finished(), 'end');
        this.#wait('loading', words.loading(event));
        return;
      case 'done':
        this.#settle(words.name(event.image), words.arrived(event), words.outcome(event));
        return;
      case 'written':
        this.#live.leave(this.#progress.finished(), 'end');
        this.#settle(words.name(event.file), ' is written', words.written(event));
    }
  }

  failed(error: P2pimgError): void {
    this.#live.leave([], 'end');
    writeFailure(describeFailure(error), this.#errors);
  }

  stopping(): void {
    this.#phase = 'stopping';
    this.#wait('stopping', 'once more to leave at once');
  }

  close(): void {
    this.#live.close();
  }

  #advance(received: number, total: number, totalExact: boolean): void {
    if (total === 0) return;
    this.#progress.add(Date.now(), { received, total, totalExact });
    this.#live.show((columns) => this.#progress.line(columns, Date.now()));
  }

  #wait(label: string, text: string): void {
    this.#live.show((columns) => this.#cut(`  ${pad(label, 10)}${text}`, columns));
  }

  #cut(text: string, columns: number): Line {
    const plain = cut(text, columns, this.#terminal.symbols.ellipsis);
    return { text: plain, plain };
  }

  #head(event: Extract<WayEvent, { type: 'found' }>): string[] {
    const name = this.#words.name(event.image);
    return this.#joined(name, this.#terminal.colours.bold(name), this.#words.about(event, Date.now()));
  }

  #settle(name: string, deed: string, effort: string): void {
    const { colours, symbols } = this.#terminal;
    const plain = `${symbols.done} ${name}${deed}`;
    const shown = `${colours.green(symbols.done)} ${colours.bold(name)}${deed}`;
    this.#live.leave(this.#joined(plain, shown, effort), 'end');
  }

  /** Both on one line where they fit, else the second below. */
  #joined(plain: string, shown: string, rest: string): string[] {
    if (widthOf(plain) + 2 + widthOf(rest) < this.#terminal.columns()) return [`${shown}  ${rest}`];
    return [shown, ...wrap(rest, this.#terminal.columns() - 3).map((line) => `  ${line}`)];
  }
}
