import { stripVTControlCharacters } from 'node:util';

const longest = 500;
const lineBreaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** C0, C1, and what is invisible or changes the direction of text. */
const harmful =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A text from a peer or an engine, as one line that no terminal obeys: no escape sequences, no control characters. */
export function clean(text: string): string {
  const plain = stripVTControlCharacters(text.slice(0, 4 * longest))
    .replace(lineBreaks, ' ')
    .replace(harmful, '');
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain.trim();
}

/** The sequences that this program draws with: colours, the cursor shown or hidden or moved up, and the rest erased. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const drawn = /^\u001b\[(?:[0-9;]*m|\?25[hl]|[0-9]*[AJK])$/;
const drawnOrHarmful = new RegExp(
  `\\u001b\\[[0-9;?]*[a-zA-Z]|(?![\\t\\n\\r])${harmful.source}|[\\u2028\\u2029]`,
  'g',
);

/**
 * Whatever goes to a terminal or a log passes here last: should a text not have been cleaned, all that is left of what a
 * terminal obeys is what this program draws with itself.
 */
export function guarded(text: string): string {
  return text.replace(drawnOrHarmful, (found) => (drawn.test(found) ? found : ''));
}

/** JSON on one line, in which what a terminal could obey is escaped; for a program it is the same value. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(harmful, escaped).replace(lineBreaks, escaped);
}

function escaped(characters: string): string {
  return [...characters].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}
