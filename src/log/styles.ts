import { fstatSync } from 'node:fs';
import { fieldTexts, type Level, type LogRecord, logfmt, shown } from './line.js';

/** How a record is written: for a program or a file, for systemd's journal, or for a person at a terminal. */
export type Style = (record: LogRecord) => string;

/** With the time, in logfmt. */
export const plainStyle: Style = (record) => logfmt(record);

/** Priorities of syslog, by which the journal sorts and colours (sd-daemon(3)). */
const priorities: Readonly<Record<Level, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/** The journal has the time itself, and takes a priority before the line. */
export const journalStyle: Style = (record) => `<${priorities[record.level]}>${logfmt(record, 'time')}`;

/** The few colours of a line at a terminal. */
export interface Colours {
  dim(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

/** `15:04:05 warn  the message  key=value`, with the local time. */
export function terminalStyle({ dim, yellow, red }: Colours): Style {
  const paints: Readonly<Record<Level, (text: string) => string>> = {
    debug: dim,
    info: (text) => text,
    warn: yellow,
    error: red,
  };
  return ({ time, level, message, fields }) => {
    const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
    const rest = fieldTexts(fields).join(' ');
    return `${dim(clock)} ${paints[level](level.padEnd(5))} ${shown(message)}${rest === '' ? '' : `  ${dim(rest)}`}`;
  };
}

/** Whether systemd reads a file descriptor for the journal: `JOURNAL_STREAM` is its device and inode (systemd.exec(5)). */
export function isJournal(fd: number, env: Readonly<Record<string, string | undefined>>): boolean {
  if (!env.JOURNAL_STREAM) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return env.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
