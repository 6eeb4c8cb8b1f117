/** How much something matters, least first. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;

/** How much a line of the log matters. */
export type Level = (typeof levels)[number];

/** What a line says besides its message; what is `undefined` is left out. */
export type Fields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One line of the log, before it is written. */
export interface LogRecord {
  readonly time: Date;
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields;
}

/** What must not stand bare in logfmt: it would end the value, or the key. */
const special = /[\s"=\\]/;
/** C0, C1, what is invisible, and what changes the direction of text: a terminal could obey it. */
const harmful =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
/** An invite holds the team's secret. No field ever has one; but a message may quote what was typed. */
const invite = /p2pimg-[a-z2-7]{24,}/gi;
const longest = 1_000;

/** A record in logfmt, on one line: `time=… level=info msg="…" key=value`; `omit` leaves out the time. */
export function logfmt(
  { time, level, message, fields }: LogRecord,
  omit: 'nothing' | 'time' = 'nothing',
): string {
  return [
    ...(omit === 'time' ? [] : [`time=${time.toISOString()}`]),
    `level=${level}`,
    `msg=${valueText(message)}`,
    ...fieldTexts(fields),
  ].join(' ');
}

/** The fields alone, in logfmt. */
export function fieldTexts(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${valueText(typeof value === 'object' ? value.join(',') : value)}`],
  );
}

/** A text as it may be shown: without secrets, cut where it is endless, and with what a terminal obeys escaped. */
export function shown(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(invite, 'p2pimg-…').replace(harmful, escaped);
}

function valueText(value: string | number | boolean): string {
  const text = String(value);
  const safe = shown(text);
  if (safe !== '' && safe === text && !special.test(text)) return text;
  return `"${shown(text.replace(/["\\]/g, '\\$&'))}"`;
}

function escaped(character: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
