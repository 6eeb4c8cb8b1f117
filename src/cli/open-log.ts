import type { Level } from '../log/line.js';
import { Log } from '../log/log.js';
import { isJournal, journalStyle, plainStyle, type Style, terminalStyle } from '../log/styles.js';
import type { Terminal } from './terminal.js';

/** The log of an agent whose standard output is this: in a person's words, for the journal, or for a file. */
export function openLog(terminal: Terminal, level: Level, env: NodeJS.ProcessEnv): Log {
  const style = styleOf(terminal, env);
  return new Log((record) => terminal.write(`${style(record)}\n`), level);
}

function styleOf({ kind, colours }: Terminal, env: NodeJS.ProcessEnv): Style {
  if (kind === 'screen') return terminalStyle(colours);
  return isJournal(process.stdout.fd, env) ? journalStyle : plainStyle;
}
