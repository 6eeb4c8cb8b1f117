import type { Command } from 'commander';
import { readBashLine } from '../../src/cli/completion/bash-line.js';
import { allCommands } from '../../src/cli/examples.js';
import { makeProgram } from '../../src/cli/program.js';

/** The words of each call of p2pimg in some lines of shell, up to a pipe, a redirection or the end of a command. */
export function callsIn(script: string): string[][] {
  const lines = script.replaceAll('\\\n', ' ').split('\n');
  return lines
    .filter((line) => !/^\s*#/.test(line))
    .flatMap((line) => [
      ...line.matchAll(/(?:^|[\s("'!|;&])p2pimg(?=\s|$)((?:'[^']*'|"[^"]*"|[^|<>;&)#'"])*)/g),
    ])
    .map(([, words = '']) => readBashLine(`p2pimg${words} `, '').words.slice(1));
}

/** Reads these words as the command line would, and does nothing; throws where it would not take them. */
export async function takes(words: readonly string[]): Promise<void> {
  const program: Command = makeProgram(() => {});
  program.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const { command } of allCommands(program)) {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (command.commands.length === 0) command.action(() => {});
  }
  await program.parseAsync(words, { from: 'user' });
}
