import { Argument, type Command } from 'commander';
import { type Shell, shells } from '../completion/shells.js';
import type { End } from './end.js';

/** Adds `completion`, and what its scripts call. */
export function addCompletion(program: Command, end: End): void {
  program
    .command('completion')
    .description('print the script that has a shell complete commands, images and peers')
    .addArgument(new Argument('<shell>', 'whose script').choices(shells))
    .action(async (shell: Shell) => end(await (await import('../completion.js')).completion(shell)));
  program
    .command('__complete', { hidden: true })
    .addArgument(new Argument('<shell>').choices(shells))
    .argument('[words...]')
    .helpOption(false)
    .action(async (shell: Shell, words: string[]) =>
      end(await (await import('../completion.js')).completeWords(shell, words, program)),
    );
}
