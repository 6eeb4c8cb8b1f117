import picocolors from 'picocolors';

/** What an output can show: a terminal that is redrawn in place, or text that goes on line by line. */
export interface Terminal {
  readonly kind: 'screen' | 'text';
  /** The columns at this moment; endless where it is not a terminal. */
  columns(): number;
  readonly symbols: Symbols;
  readonly colours: ReturnType<typeof picocolors.createColors>;
  write(text: string): void;
  /** Called after the terminal's size changed; returns what stops it. */
  onResize(listener: () => void): () => void;
}

/** The few characters that are not ASCII, and what stands for them where only ASCII can be shown. */
export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly paused: string;
  readonly resumed: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly full: string;
  readonly empty: string;
  readonly none: string;
  /** A text from elsewhere, as far as this output can show it. */
  text(text: string): string;
}

const unicode: Symbols = {
  done: '✓',
  failed: '✗',
  paused: '⏸',
  resumed: '▶',
  dot: '·',
  ellipsis: '…',
  full: '█',
  empty: '░',
  none: '–',
  text: (text) => text,
};

const ascii: Symbols = {
  done: 'OK',
  failed: 'X',
  paused: '||',
  resumed: '>>',
  dot: '-',
  ellipsis: '...',
  full: '#',
  empty: '.',
  none: '-',
  text: (text) => text.replace(/…/g, '...').replace(/[^\x20-\x7e]/gu, '?'),
};

/** Describes a stream of this process by itself and the environment (`NO_COLOR`, `FORCE_COLOR`, `TERM`, the locale). */
export function describeTerminal(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  const isTerminal = stream.isTTY === true;
  return {
    kind: isTerminal && env.TERM !== 'dumb' ? 'screen' : 'text',
    columns: () => (isTerminal ? stream.columns || 80 : Number.POSITIVE_INFINITY),
    symbols: showsUnicode(env) ? unicode : ascii,
    colours: picocolors.createColors(showsColour(isTerminal, env)),
    write: (text) => void stream.write(text),
    onResize: (listener) => {
      stream.on('resize', listener);
      return () => stream.off('resize', listener);
    },
  };
}

function showsColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}

function showsUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale);
  if (process.platform === 'win32') return env.WT_SESSION !== undefined || env.TERM_PROGRAM !== undefined;
  return process.platform === 'darwin';
}
