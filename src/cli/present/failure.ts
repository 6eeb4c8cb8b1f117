import type { Failure } from '../failure.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { rowLines } from './rows.js';
import { wrap } from './width.js';

const prefix = 'p2pimg: ';

/** Writes a failure as a person reads it: one line of what happened, then its rows. */
export function writeFailure({ headline, rows, closing }: Failure, terminal: Terminal): void {
  const show = (text: string) => terminal.symbols.text(clean(text));
  const columns = terminal.columns() - 1;
  const [first = '', ...others] = wrap(prefix + show(headline), columns - 2);
  const lines = [
    terminal.colours.red(prefix.trimEnd()) + first.slice(prefix.length - 1),
    ...others.map((line) => `  ${line}`),
    ...rowLines(
      rows.map(([label, text]) => [label, show(text)]),
      terminal,
    ),
    ...(closing === undefined ? [] : wrap(show(closing), columns)),
  ];
  terminal.write(`${lines.join('\n')}\n`);
}
