import type { WatchEvent } from '../../control/watching.js';
import { type ErrorCode, P2pimgError } from '../../error.js';
import { shortId } from '../../image/digest.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { clean } from './clean.js';
import { writeFailure } from './failure.js';
import { count, duration, size } from './units.js';

/** A `watch` as plain lines: one for each image that came, and what a failure says for each that did not. */
export class WatchText {
  readonly #output: Terminal;
  readonly #errors: Terminal;

  constructor(output: Terminal, errors: Terminal) {
    this.#output = output;
    this.#errors = errors;
  }

  event(event: WatchEvent): void {
    switch (event.type) {
      case 'watching':
        this.#output.write(`${this.#watching(event)}\n`);
        return;
      case 'coming':
        return;
      case 'got':
        this.#output.write(`${this.#got(event)}\n`);
        return;
      case 'failed': {
        const { code, message, facts } = event;
        const failure = describeFailure(new P2pimgError(code as ErrorCode, message, facts));
        const rows = failure.rows.filter(([label]) => label !== 'try');
        const again = ['again', 'when another peer has it'] as const;
        writeFailure({ ...failure, rows: [...rows, again] }, this.#errors);
      }
    }
  }

  /** `watching for team/*, at 3 peers; 2 newer than here` */
  #watching({ patterns, peers, newer }: Extract<WatchEvent, { type: 'watching' }>): string {
    const at = peers === 0 ? 'nobody is here yet' : `at ${count(peers, 'peer')}`;
    const now = newer === 0 ? 'nothing newer than here' : `${newer} newer than here`;
    return this.#show(`watching for ${patterns.join(' ')}, ${at}; ${now}`);
  }

  /** `team/app:3  5a34bd15  757 MB  from mara-thinkpad, 25.1 MB in 1.4 s` */
  #got({
    image,
    configDigest,
    size: bytes,
    peer,
    received,
    durationMs,
  }: Extract<WatchEvent, { type: 'got' }>) {
    const from =
      peer === undefined
        ? 'was here already under another name'
        : `from ${peer.name}, ${size(received)} in ${duration(durationMs)}`;
    return this.#show([image, shortId(configDigest), size(bytes), from].join('  '));
  }

  /** Two spaces part the columns: only what is between them is cleaned. */
  #show(text: string): string {
    return this.#output.symbols.text(text.split('  ').map(clean).join('  '));
  }
}
