import { describeTerminal, type Terminal } from '../../../src/cli/terminal.js';

/** A terminal that keeps what was written, for a test to read. */
export interface WrittenTerminal extends Terminal {
  text(): string;
}

/** A terminal of so many columns; a text output without them. `LANG` is C.UTF-8 unless the test says otherwise. */
export function writtenTerminal(columns?: number, env: NodeJS.ProcessEnv = {}): WrittenTerminal {
  const pieces: string[] = [];
  const stream = {
    isTTY: columns !== undefined,
    columns,
    write: (text: string) => pieces.push(text) > 0,
    on: () => stream,
    off: () => stream,
  };
  const terminal = describeTerminal(stream as unknown as NodeJS.WriteStream, { LANG: 'C.UTF-8', ...env });
  return { ...terminal, text: () => pieces.join('') };
}
