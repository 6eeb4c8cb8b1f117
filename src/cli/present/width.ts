// its making takes a tenth of a command's whole time, and most texts are ASCII
let segmenter: Intl.Segmenter | undefined;
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u;
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
/** Latin letters, dashes, blocks and this command's own symbols: one column each. */
const simple = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2580-\u259f\u2713\u2717\u23f8\u25b6]*$/;

/** The columns that a text without escape sequences takes in a terminal. */
export function widthOf(text: string): number {
  if (simple.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += cellsOf(grapheme);
  return width;
}

/** The text, or its beginning and an ellipsis, in at most this many columns. */
export function cut(text: string, columns: number, ellipsis: string): string {
  if (widthOf(text) <= columns) return text;
  return take(graphemes(text), columns - ellipsis.length) + (columns > ellipsis.length ? ellipsis : '');
}

/** The text, or an ellipsis and its end, where the end tells more than the beginning (a name and its tag). */
export function cutStart(text: string, columns: number, ellipsis: string): string {
  if (widthOf(text) <= columns) return text;
  const backwards = graphemes(text).reverse();
  const kept = take(backwards, columns - ellipsis.length);
  return (columns > ellipsis.length ? ellipsis : '') + graphemes(kept).reverse().join('');
}

/** The text over as many lines as it needs, broken between words; a longer word stands alone, unbroken. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** The text with spaces to its right, or to its left, up to this many columns. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return align === 'left' ? text + spaces : spaces + text;
}

function take(all: readonly string[], columns: number): string {
  let kept = '';
  let width = 0;
  for (const grapheme of all) {
    width += cellsOf(grapheme);
    if (width > columns) break;
    kept += grapheme;
  }
  return kept;
}

function graphemes(text: string): string[] {
  if (simple.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

function cellsOf(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}
