import type { Terminal } from '../terminal.js';
import { pad, wrap } from './width.js';

/** What is said under a headline: a label of at most nine letters, and its text. */
export type Row = readonly [label: string, text: string];

const indent = 2;
const labelColumns = 10;
/** Narrower than this, a hanging indent leaves no room for the text. */
const narrowest = 30;

/** Rows as lines, the labels pale, a long text over several lines under itself. */
export function rowLines(rows: readonly Row[], terminal: Terminal): string[] {
  return rows.flatMap(([label, text]) => {
    const hanging = indent + labelColumns;
    const columns = Math.max(narrowest, terminal.columns()) - hanging - 1;
    const [first = '', ...others] = wrap(text, columns);
    const head = ' '.repeat(indent) + terminal.colours.dim(pad(label, labelColumns));
    return [head + first, ...others.map((line) => ' '.repeat(hanging) + line)];
  });
}
