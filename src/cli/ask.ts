import type { Operations } from '../control/api.js';
import { type Answerer, connect } from './connect.js';
import { exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { standardOutputs, tellFailure, writeLines } from './outputs.js';
import { jsonLine } from './present/clean.js';
import { LiveLine } from './present/live.js';
import type { Terminal } from './terminal.js';

/** The option that every command which asks and shows has. */
export interface AskOptions {
  readonly json?: true;
}

/**
 * Asks the agent, or this process, for a report and shows it: as lines for a person, or as one JSON value with
 * `--json`. Resolves to the exit code.
 */
export async function askAndShow<Report>(
  options: AskOptions,
  globals: GlobalOptions,
  ask: (operations: Operations) => Promise<Report>,
  show: (report: Report, terminal: Terminal) => readonly string[],
): Promise<number> {
  const outputs = standardOutputs();
  try {
    const answerer = await connect(globals);
    try {
      const report = await patiently(answerer, outputs.errors, () => ask(answerer.operations));
      if (options.json) outputs.output.write(`${jsonLine(report)}\n`);
      else writeLines(show(report, outputs.output), outputs.output);
    } finally {
      await answerer.operations.close();
    }
    return exitCodes.done;
  } catch (error) {
    return tellFailure(error, options, outputs);
  }
}

/** A command that browses by itself takes a moment; on a screen it says so meanwhile. */
async function patiently<T>({ by }: Answerer, screen: Terminal, work: () => Promise<T>): Promise<T> {
  if (by === 'agent' || screen.kind === 'text') return work();
  const live = new LiveLine(screen);
  const plain = `no agent runs here; looking on this network${screen.symbols.ellipsis}`;
  live.show((columns) => ({ text: plain.slice(0, columns), plain: plain.slice(0, columns) }));
  try {
    return await work();
  } finally {
    live.close();
  }
}
