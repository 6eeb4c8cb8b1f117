import type { Symbols } from '../terminal.js';

const widest = 28;

/** A bar for how much of a whole there is, within so many columns; nothing where there is too little room for one. */
export function bar(ratio: number, columns: number, symbols: Symbols): string {
  const width = Math.min(widest, columns);
  if (width < 6) return '';
  // full only when it is
  const filled = ratio >= 1 ? width : Math.floor(ratio * width);
  return symbols.full.repeat(filled) + symbols.empty.repeat(width - filled);
}
