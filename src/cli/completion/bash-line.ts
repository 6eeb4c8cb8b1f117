/** A command line as bash reads it, up to the cursor. Nothing is expanded: `$(…)` is text here. */
export interface BashLine {
  /** The words before the last, without their quotes. The first is the command's name. */
  readonly words: readonly string[];
  /** The last word, without its quotes; empty after a space. */
  readonly current: string;
  /** How much of `current` stands before what readline replaces: it breaks words at colons and the like. */
  readonly kept: string;
  /** The quote that is still open at the cursor. */
  readonly quote: '' | '"' | "'";
}

/** Reads a line with these `COMP_WORDBREAKS`. */
export function readBashLine(line: string, wordBreaks: string): BashLine {
  const words: string[] = [];
  let current: string | undefined;
  let kept = '';
  let opened = '';
  let quote: BashLine['quote'] = '';
  const characters = [...line];
  for (let at = 0; at < characters.length; at++) {
    const c = characters[at] ?? '';
    if (quote === "'") {
      if (c === quote) quote = '';
      else current += c;
    } else if (c === '\\') {
      const next = characters[++at];
      // between double quotes a backslash stands for itself before most characters
      if (quote === '"' && next !== undefined && !'$`"\\'.includes(next)) current += c;
      current = (current ?? '') + (next ?? '');
    } else if (quote === '"') {
      if (c === quote) quote = '';
      else current += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      current ??= '';
      opened = current;
    } else if (/[ \t\n;&|<>]/.test(c)) {
      if (current !== undefined) words.push(current);
      current = undefined;
      kept = '';
    } else {
      current = (current ?? '') + c;
      if (wordBreaks.includes(c)) kept = current;
    }
  }
  current ??= '';
  return { words, current, kept: quote === '' ? kept : opened, quote };
}

/** A value as text that bash reads as that value and nothing else, from the place on where readline replaces. */
export function bashText(value: string, { kept, quote }: BashLine): string {
  const rest = value.slice(kept.length);
  switch (quote) {
    case "'":
      return rest.replaceAll("'", "'\\''");
    case '"':
      // an exclamation mark is history's, and a backslash before it would stay
      return rest.replace(/[$`"\\]/g, '\\$&').replaceAll('!', '"\\!"');
    case '':
      return rest.replace(/[^\w./:@%+=,\u0080-\u{10ffff}-]/gu, '\\$&');
  }
}
