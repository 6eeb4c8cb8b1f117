import type { Command, CommanderError } from 'commander';
import { P2pimgError } from '../error.js';
import { positionOf } from './completion/position.js';
import { standardOutputs, tellFailure } from './outputs.js';

/** Tells what was wrong with a command line, in the words of all other failures; gives the exit code. */
export function tellUsage(error: CommanderError, program: Command, words: readonly string[]): number {
  const json = words.includes('--json') ? true : undefined;
  return tellFailure(usageError(error, program, words), { json }, standardOutputs());
}

function usageError({ message }: CommanderError, program: Command, words: readonly string[]): P2pimgError {
  const [line = '', suggestion] = message.split('\n');
  const meant = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(suggestion ?? '')?.[1];
  const said = line.replace(/^error: /, '').replace(/\.$/, '');
  const name = nameOf(program, words);
  if (meant === undefined) return new P2pimgError('USAGE', said, { try: `${name} --help` });
  return new P2pimgError('USAGE', said, { try: `${name} ${meant}` });
}

/** The words of the command that was meant, as far as there is one. */
function nameOf(program: Command, words: readonly string[]): string {
  const position = positionOf(program, words, '');
  const names: string[] = [];
  for (let at: Command | null = position.command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}
