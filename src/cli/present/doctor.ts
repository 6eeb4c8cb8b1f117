import type { NamedFinding } from '../doctor/examine.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Row, rowLines } from './rows.js';
import { count } from './units.js';
import { pad, wrap } from './width.js';

const nameColumns = 14;

/** `p2pimg doctor` for a person: a line a check, and under what is not well what it means and what to do. */
export function doctorLines(findings: readonly NamedFinding[], terminal: Terminal): string[] {
  const of = (level: NamedFinding['level']) => findings.filter((finding) => finding.level === level).length;
  const parts = [
    ...(of('fail') > 0 ? [terminal.colours.red(`${of('fail')} failed`)] : []),
    ...(of('warning') > 0 ? [terminal.colours.yellow(count(of('warning'), 'warning'))] : []),
    `${of('ok')} well`,
  ];
  return [...findings.flatMap((finding) => findingLines(finding, terminal)), parts.join(', ')];
}

function findingLines(finding: NamedFinding, terminal: Terminal): string[] {
  const { symbols, columns } = terminal;
  const show = (text: string) => symbols.text(clean(text));
  const { mark, paint } = markOf(finding, terminal);
  const indent = mark.length + 1 + nameColumns;
  const [first = '', ...others] = wrap(show(finding.found), Math.max(30, columns() - indent - 1));
  const head = `${paint(mark)} ${pad(finding.check, nameColumns)}${first}`;
  const lines = [head, ...others.map((line) => ' '.repeat(indent) + line)];
  if (finding.level === 'ok') return lines;
  const rows: Row[] = [
    ['means', show(finding.means)],
    ...finding.todo.map((text, index): Row => [index === 0 ? 'try' : '', show(text)]),
  ];
  return [...lines, ...rowLines(rows, terminal)];
}

function markOf({ level }: NamedFinding, { symbols, colours }: Terminal) {
  const width = Math.max(symbols.done.length, symbols.failed.length);
  switch (level) {
    case 'ok':
      return { mark: pad(symbols.done, width), paint: colours.green };
    case 'warning':
      return { mark: pad('!', width), paint: colours.yellow };
    case 'fail':
      return { mark: pad(symbols.failed, width), paint: colours.red };
  }
}
