import type { GetEvent } from '../../control/api.js';
import type { P2pimgError } from '../../error.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { writeFailure } from './failure.js';
import type { GetPresenter } from './get-presenter.js';
import { type Line, LiveLine } from './live.js';
import { ProgressLine } from './progress-line.js';
import { type Row, rowLines } from './rows.js';
import { type Advance, Sentences } from './sentences.js';
import { duration } from './units.js';
import { cut, pad, widthOf, wrap } from './width.js';

/** A wait is counted only where a person begins to wonder. */
const patienceMs = 2000;

/** A `get` on a terminal: what is settled stays as lines, what is under way is the last line, redrawn in place. */
export class GetScreen implements GetPresenter {
  readonly #terminal: Terminal;
  readonly #errors: Terminal;
  readonly #words: Sentences;
  readonly #live: LiveLine;
  readonly #progress: ProgressLine;
  readonly #now: () => number;
  #phase: 'running' | 'stopping' = 'running';
  #lost = '';
  #loading: readonly Row[] = [];

  constructor(terminal: Terminal, errors: Terminal, now = Date.now) {
    this.#terminal = terminal;
    this.#errors = errors;
    this.#words = new Sentences(terminal.symbols);
    this.#live = new LiveLine(terminal);
    this.#progress = new ProgressLine(terminal, this.#words);
    this.#now = now;
  }

  event(event: GetEvent): void {
    // what comes before a clean end is of no interest any more, unless it is done after all
    if (this.#phase === 'stopping' && event.type !== 'done') return;
    const words = this.#words;
    switch (event.type) {
      case 'looking':
        if (event.embeddedStore !== undefined)
          this.#live.leave(
            wrap(words.embeddedStore(event.embeddedStore), this.#terminal.columns() - 1),
            'end',
          );
        this.#wait(`${words.name(event.image)}  looking on this network`);
        return;
      case 'found':
        this.#live.leave([...this.#head(event), ...rowLines(this.#sources(event), this.#terminal)], 'keep');
        this.#waitRow('here', 'comparing layers');
        return;
      case 'preparing':
        this.#waitRow('preparing', words.preparing(event));
        return;
      case 'plan':
        this.#progress.begin();
        this.#live.leave(rowLines([['here', words.plan(event)]], this.#terminal), 'keep');
        if (event.bytesToGo === 0) this.#waitRow('waiting', 'for the first bytes');
        else this.#advance({ received: 0, total: event.bytesToGo, totalExact: event.bytesExact });
        return;
      case 'progress':
        this.#advance(event);
        return;
      case 'pulling':
        this.#waitRow('pulling', words.pulling(event));
        return;
      case 'loading':
        this.#live.leave(this.#progress.finished(), 'end');
        this.#loading = [['loading', words.loading(event)]];
        this.#waitRow('loading', words.loading(event));
        return;
      case 'aside':
        this.#live.leave([this.#mark('paused', words.aside(event))], 'end');
        this.#waitRow('waiting', 'for the next source');
        return;
      case 'lost':
        this.#countDown(event);
        return;
      case 'resumed':
        this.#progress.resume();
        this.#live.leave(
          [this.#mark('paused', this.#lost), this.#mark('resumed', words.resumed(event))],
          'end',
        );
        this.#waitRow('waiting', 'for more bytes');
        return;
      case 'done':
        this.#live.leave([...rowLines(this.#loading, this.#terminal), ...this.#sentence(event)], 'end');
        this.#loading = [];
    }
  }

  failed(error: P2pimgError): void {
    this.#live.leave([], 'end');
    this.#loading = [];
    writeFailure(describeFailure(error), this.#errors);
  }

  stopping(): void {
    this.#phase = 'stopping';
    this.#waitRow('stopping', 'once more to leave at once');
  }

  close(): void {
    this.#live.close();
  }

  #advance(event: Advance): void {
    this.#progress.add(this.#now(), event);
    this.#live.show((columns) => this.#progress.line(columns, this.#now()));
  }

  #waitRow(label: string, text: string): void {
    this.#wait(`  ${pad(label, 10)}${text}`);
  }

  #wait(text: string): void {
    const since = this.#now();
    this.#live.show((columns) => {
      const waited = this.#now() - since;
      return this.#cut(
        waited < patienceMs ? text : `${text}  ${duration(Math.floor(waited / 1000) * 1000)}`,
        columns,
      );
    });
  }

  #countDown(event: Extract<GetEvent, { type: 'lost' }>): void {
    this.#lost = this.#words.lost(event);
    const until = this.#now() + event.givesUpInMs;
    this.#live.show((columns) => {
      const left = until - this.#now();
      const long = this.#mark('paused', `${this.#lost}; ${this.#words.lookingAgain(left)}`);
      const short = this.#mark('paused', `${this.#lost}; ${this.#words.givesUp(left)}`);
      return this.#cut(widthOf(long) <= columns ? long : short, columns);
    });
  }

  #mark(symbol: 'paused' | 'resumed', text: string): string {
    return `  ${this.#terminal.symbols[symbol]} ${text}`;
  }

  #cut(text: string, columns: number): Line {
    const plain = cut(text, columns, this.#terminal.symbols.ellipsis);
    return { text: plain, plain };
  }

  #head(event: Extract<GetEvent, { type: 'found' }>): string[] {
    const name = this.#words.name(event.image);
    const about = this.#words.image(event, this.#now());
    const fits = widthOf(name) + 2 + widthOf(about) < this.#terminal.columns();
    const bold = this.#terminal.colours.bold(name);
    return fits
      ? [`${bold}  ${about}`]
      : [bold, ...wrap(about, this.#terminal.columns() - 3).map((l) => `  ${l}`)];
  }

  #sources(event: Extract<GetEvent, { type: 'found' }>): Row[] {
    const differing = this.#words.differing(event, this.#now());
    return [
      ['from', this.#words.source(event)],
      ...(differing === '' ? [] : [['others', differing] as const]),
    ];
  }

  #sentence(event: Extract<GetEvent, { type: 'done' }>): string[] {
    const { colours, symbols } = this.#terminal;
    const name = this.#words.name(event.image);
    const proved = this.#words.proved(event);
    const effort = this.#words.effort(event);
    const first = `${colours.green(symbols.done)} ${colours.bold(name)}${proved}`;
    const columns = symbols.done.length + 1 + widthOf(name) + proved.length;
    if (columns + 2 + widthOf(effort) < this.#terminal.columns()) return [`${first}  ${effort}`];
    return [first, ...wrap(effort, this.#terminal.columns() - 3).map((line) => `  ${line}`)];
  }
}
