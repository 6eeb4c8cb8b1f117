import { type Fields, type Level, type LogRecord, levels } from './line.js';

/** Where the log's records go: a terminal, a pipe, the journal. */
export type Sink = (record: LogRecord) => void;

/** The log of a running agent. A message is words that never change; what differs stands in the fields. */
export class Log {
  readonly #sink: Sink;
  readonly #least: number;
  readonly #now: () => Date;

  constructor(sink: Sink, least: Level = 'info', now: () => Date = () => new Date()) {
    this.#sink = sink;
    this.#least = levels.indexOf(least);
    this.#now = now;
  }

  /** Writes a record, unless it matters less than was asked for. */
  write(level: Level, message: string, fields: Fields = {}): void {
    if (levels.indexOf(level) < this.#least) return;
    this.#sink({ time: this.#now(), level, message, fields });
  }
}
