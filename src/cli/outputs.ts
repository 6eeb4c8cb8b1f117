import { reportOf } from '../control/report.js';
import { asP2pimgError } from '../error.js';
import { exitCodeOf } from './exit-codes.js';
import { jsonLine } from './present/clean.js';
import { writeFailure } from './present/failure.js';
import { describeTerminal, type Terminal } from './terminal.js';
import { describeFailure } from './words.js';

/** Where a command writes: what it was asked for, and what went wrong. */
export interface Outputs {
  readonly output: Terminal;
  readonly errors: Terminal;
}

/** The outputs of this process. */
export function standardOutputs(): Outputs {
  return {
    output: describeTerminal(process.stdout, process.env),
    errors: describeTerminal(process.stderr, process.env),
  };
}

/** Tells a failure, for a person or as one JSON object, and gives its exit code. */
export function tellFailure(
  error: unknown,
  style: { readonly json?: true | undefined },
  outputs: Outputs,
): number {
  const known = asP2pimgError(error);
  if (style.json) outputs.output.write(`${jsonLine(reportOf(known))}\n`);
  else writeFailure(describeFailure(known), outputs.errors);
  return exitCodeOf(known.code);
}

/** Writes the lines of a report. */
export function writeLines(lines: readonly string[], terminal: Terminal): void {
  terminal.write(lines.map((line) => `${line}\n`).join(''));
}
