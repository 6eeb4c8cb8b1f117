import type { SendEvent } from '../../control/sending.js';
import type { P2pimgError } from '../../error.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { writeFailure } from './failure.js';
import { LiveLine } from './live.js';
import { ProgressLine } from './progress-line.js';
import { rowLines } from './rows.js';
import type { SendPresenter } from './send-presenter.js';
import { SendWords } from './send-words.js';
import { cut, pad, widthOf, wrap } from './width.js';

/** A `send` on a terminal: what is settled stays as lines, what is under way is the last line, redrawn in place. */
export class SendScreen implements SendPresenter {
  readonly #terminal: Terminal;
  readonly #errors: Terminal;
  readonly #words: SendWords;
  readonly #live: LiveLine;
  readonly #progress: ProgressLine;
  readonly #now: () => number;
  #phase: 'running' | 'stopping' = 'running';

  constructor(terminal: Terminal, errors: Terminal, now = Date.now) {
    this.#terminal = terminal;
    this.#errors = errors;
    this.#words = new SendWords(terminal.symbols);
    this.#live = new LiveLine(terminal);
    this.#progress = new ProgressLine(terminal, this.#words);
    this.#now = now;
  }

  event(event: SendEvent): void {
    if (this.#phase === 'stopping' && event.type !== 'done') return;
    const words = this.#words;
    switch (event.type) {
      case 'offering':
        this.#leave([...this.#head(event), ...this.#row('to', words.name(event.peer.name))]);
        this.#wait('waiting', () => 'for its answer');
        return;
      case 'asking': {
        const until = this.#now() + event.expiresInMs;
        this.#wait('waiting', () => words.asking(event, until - this.#now()));
        return;
      }
      case 'accepted':
        this.#wait('accepted', () => 'comparing layers');
        return;
      case 'preparing':
        this.#wait('waiting', () => words.here(event));
        return;
      case 'plan':
        this.#progress.begin();
        this.#leave(this.#row('there', words.plan(event)));
        this.#advance({ received: 0, total: event.bytesToGo, totalExact: event.bytesExact });
        return;
      case 'progress':
        this.#advance(event);
        return;
      case 'loading':
        this.#live.leave(this.#progress.finished(), 'end');
        this.#wait('loading', () => words.loadingAt(event));
        return;
      case 'lost':
        this.#wait('lost', () => words.lostAt(event));
        return;
      case 'resumed':
        this.#progress.resume();
        this.#leave(this.#row('resumed', words.resumedAt(event)));
        return;
      case 'done':
        this.#live.leave(this.#outcome(event), 'end');
    }
  }

  failed(error: P2pimgError): void {
    this.#live.leave([], 'end');
    writeFailure(describeFailure(error), this.#errors);
  }

  stopping(): void {
    this.#phase = 'stopping';
    this.#wait('stopping', () => 'taking it back; once more to leave at once');
  }

  close(): void {
    this.#live.close();
  }

  #leave(lines: readonly string[]): void {
    this.#live.leave(lines, 'keep');
  }

  #row(label: string, text: string): string[] {
    return rowLines([[label, text]], this.#terminal);
  }

  #advance(event: { received: number; total: number; totalExact: boolean }): void {
    if (event.total === 0) return;
    this.#progress.add(this.#now(), event);
    this.#live.show((columns) => this.#progress.line(columns, this.#now()));
  }

  #wait(label: string, text: () => string): void {
    this.#live.show((columns) => {
      const plain = cut(`  ${pad(label, 10)}${text()}`, columns, this.#terminal.symbols.ellipsis);
      return { text: plain, plain };
    });
  }

  #head(event: Extract<SendEvent, { type: 'offering' }>): string[] {
    const name = this.#words.name(event.image);
    const about = this.#words.about(event, this.#now());
    return this.#joined(name, this.#terminal.colours.bold(name), about);
  }

  #outcome(event: Extract<SendEvent, { type: 'done' }>): string[] {
    const { colours, symbols } = this.#terminal;
    const name = this.#words.name(event.image);
    const deed = this.#words.arrived(event);
    const shown = `${colours.green(symbols.done)} ${colours.bold(name)}${deed}`;
    return this.#joined(`${symbols.done} ${name}${deed}`, shown, this.#words.outcome(event));
  }

  /** Both on one line where they fit, else the second below. */
  #joined(plain: string, shown: string, rest: string): string[] {
    if (widthOf(plain) + 2 + widthOf(rest) < this.#terminal.columns()) return [`${shown}  ${rest}`];
    return [shown, ...wrap(rest, this.#terminal.columns() - 3).map((line) => `  ${line}`)];
  }
}
