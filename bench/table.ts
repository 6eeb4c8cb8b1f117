import { type Cell, cases, median, type Run, type Score, secondsOf } from './cells.js';
import { ours } from './contenders/all.js';
import type { Verdict } from './targets.js';

type Row = readonly string[];

/** All cells as one Markdown table, aligned for a terminal too. */
export function tableOfCells(cells: readonly Cell[]): string {
  const head = [
    ...['pair', 'link', 'the receiver has', 'by', 'seconds', 'runs', 'received'],
    ...['p2pimg / it', 'CPU s, agents', 'peak MB, agents'],
  ];
  const rows = cells.flatMap((cell) =>
    cell.scores.map((score, index) => [
      ...(index === 0
        ? [cell.pair.replace('-', ' → '), `${cell.rateMbit} Mbit/s`, cases[cell.case]]
        : ['', '', '']),
      ...rowOf(cell, score),
    ]),
  );
  return markdown(head, rows);
}

/** The targets, and whether each is held. */
export function tableOfVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => {
    const { pair, rateMbit, of, limit, value, isHeld } = verdict;
    return [
      `${pair.replace('-', ' → ')}, ${cases[verdict.case]}, ${rateMbit} Mbit/s`,
      of === undefined ? 'seconds' : `× ${of}`,
      value?.toFixed(2) ?? '–',
      limit.toFixed(2),
      isHeld === undefined ? 'not measured' : isHeld ? 'held' : 'NOT HELD',
    ];
  });
  return markdown(['target', 'in', 'value', 'at most', ''], rows);
}

function rowOf(cell: Cell, { contender, runs, absent }: Score): Row {
  if (absent !== undefined) return [contender, '–', `does not run: ${absent}`];
  const [own, it] = [ours.name, contender].map((name) => secondsOf(cell, name));
  const isOurs = contender === ours.name;
  return [
    contender,
    seconds(it),
    `${runs.map((run) => seconds(run.seconds)).join(' ')}${parts(runs)}`,
    mega(median(runs.map(({ received }) => received))),
    isOurs || own === undefined || it === undefined ? '' : (own / it).toFixed(2),
    used(
      runs,
      ({ cpuSeconds }) => cpuSeconds,
      median,
      (value) => value.toFixed(2),
    ),
    used(
      runs,
      ({ peakBytes }) => peakBytes,
      (values) => Math.max(...values),
      (value) => (value / 1e6).toFixed(0),
    ),
  ];
}

/** The medians of a run's parts, such as `(push 6.1 + pull 7.2)`. */
function parts(runs: readonly Run[]): string {
  const names = Object.keys(runs[0]?.parts ?? {});
  if (names.length === 0) return '';
  const each = names.map(
    (name) => `${name} ${seconds(median(runs.map((run) => run.parts?.[name] ?? Number.NaN)))}`,
  );
  return ` (${each.join(' + ')})`;
}

/** What the source's and the receiver's agent used: `1.20 + 2.31`. */
function used(
  runs: readonly Run[],
  of: (one: NonNullable<Run['agents']>['source']) => number,
  over: (values: readonly number[]) => number,
  text: (value: number) => string,
): string {
  const agents = runs.flatMap((run) => run.agents ?? []);
  if (agents.length === 0) return '';
  return (['source', 'receiver'] as const)
    .map((side) => text(over(agents.map((one) => of(one[side])))))
    .join(' + ');
}

function seconds(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(2);
}

function mega(bytes: number): string {
  return bytes < 10e6 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

function markdown(head: Row, rows: readonly Row[]): string {
  // a `|` of a name would end its cell
  const all = [head, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = '', ...others] = all.map(line);
  return `${[first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...others].join('\n')}\n`;
}
