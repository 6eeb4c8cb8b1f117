#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodeOfEnd, makeProgram } from './program.js';

/** Ends once everything written has gone out; handles that are left open do not keep a command alive. */
function end(exitCode: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // who read this has enough: `p2pimg ls | head`
    process.exit();
  });
}

const program = makeProgram(end);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  end(exitCodeOfEnd(error) ?? (await import('./usage.js')).tellUsage(error, program, process.argv.slice(2)));
}
