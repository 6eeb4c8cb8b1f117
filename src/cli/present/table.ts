import type { Terminal } from '../terminal.js';
import { cut, cutStart, pad, widthOf } from './width.js';

const gap = 2;

/** One column of a table; `narrow` are shorter cells for a terminal that has too few columns. */
export interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly align?: 'left' | 'right';
  readonly narrow?: readonly string[];
  /** Marks a cell by its row; it must not change what the cell says. */
  readonly paint?: (cell: string, row: number) => string;
}

/** One thing that may be done to a table that is too wide: `cut` goes no further than `least` columns. */
export type Step =
  | { readonly column: string; readonly how: 'narrow' | 'drop' }
  | { readonly column: string; readonly how: 'cut' | 'cutStart'; readonly least: number };

/** A table as lines that fit the terminal: as many of the steps are taken, in their order, as that needs. */
export function tableLines(columns: readonly Column[], steps: readonly Step[], terminal: Terminal): string[] {
  const fitted = fitColumns(columns, steps, terminal);
  const widths = fitted.map(widthOfColumn);
  const rows = Math.max(0, ...fitted.map(({ cells }) => cells.length));
  const line = (cellOf: (column: Column) => string, paint: (text: string, column: Column) => string) =>
    fitted
      .map((column, i) => {
        const cell = cellOf(column);
        const isLast = i === fitted.length - 1 && column.align !== 'right';
        const padded = isLast ? cell : pad(cell, widths[i] ?? 0, column.align);
        return padded.replace(cell, () => paint(cell, column));
      })
      .join(' '.repeat(gap));
  const { dim } = terminal.colours;
  return [
    line(
      ({ title }) => title,
      (text) => dim(text),
    ),
    ...Array.from({ length: rows }, (_, row) =>
      line(
        ({ cells }) => cells[row] ?? '',
        (text, { paint }) => paint?.(text, row) ?? text,
      ),
    ),
  ];
}

function fitColumns(
  columns: readonly Column[],
  steps: readonly Step[],
  terminal: Terminal,
): readonly Column[] {
  let fitted = columns;
  for (const step of steps) {
    const excess = widthOfTable(fitted) - terminal.columns();
    if (excess <= 0) break;
    fitted = fitted.flatMap((column) =>
      column.title === step.column ? giveWay(column, step, excess, terminal.symbols.ellipsis) : column,
    );
  }
  return fitted;
}

function giveWay(column: Column, step: Step, excess: number, ellipsis: string): readonly Column[] {
  switch (step.how) {
    case 'drop':
      return [];
    case 'narrow':
      return [{ ...column, cells: column.narrow ?? column.cells }];
    case 'cut':
    case 'cutStart': {
      const columns = Math.max(step.least, column.title.length, widthOfColumn(column) - excess);
      const shorten = step.how === 'cut' ? cut : cutStart;
      return [{ ...column, cells: column.cells.map((cell) => shorten(cell, columns, ellipsis)) }];
    }
  }
}

function widthOfColumn({ title, cells }: Column): number {
  return cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), title.length);
}

function widthOfTable(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + widthOfColumn(column) + gap, -gap);
}
