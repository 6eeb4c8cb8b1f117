import type { Argument, Command, Option } from 'commander';
import type { Candidate } from './candidate.js';
import { type Kind, kindOf, placeholderOf } from './kinds.js';
import type { Known } from './known.js';
import { argumentAfter, type Position, positionOf } from './position.js';

/** What may stand there: words, or a file or folder, which the shell knows better. */
export type Completion =
  | { readonly type: 'values'; readonly prefix: string; readonly candidates: readonly Candidate[] }
  | { readonly type: 'files' | 'folders'; readonly prefix: string };

const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/386', 'linux/riscv64'];

/** All that may stand in place of `current` after these words, as the program has it; the shell chooses what fits. */
export async function complete(
  program: Command,
  words: readonly string[],
  current: string,
  known: Known,
): Promise<Completion> {
  const position = positionOf(program, words, current);
  switch (position.type) {
    case 'help':
      return values(commands(position.command));
    case 'value':
      return ofKind(position.option, position.command, position.prefix, known);
    case 'word':
      return word(position, current, known);
  }
}

async function word(
  position: Position & { type: 'word' },
  current: string,
  known: Known,
): Promise<Completion> {
  const { command, given, options, used } = position;
  if (options === 'may-come' && current.startsWith('-')) return values(optionNames(command, current, used));
  if (given.length === 0 && command.commands.length > 0) return values(commands(command));
  const argument = argumentAfter(command, given);
  if (argument === undefined) return values([]);
  const found = await ofKind(argument, command, '', known);
  if (found.type !== 'values') return found;
  return values(found.candidates.filter(({ value }) => !given.includes(value)));
}

async function ofKind(
  subject: Argument | Option,
  command: Command,
  prefix: string,
  known: Known,
): Promise<Completion> {
  if (subject.argChoices !== undefined) return values(plain(subject.argChoices), prefix);
  const placeholder = 'flags' in subject ? placeholderOf(subject.flags) : subject.name();
  const kind: Kind = kindOf(placeholder ?? '', command.name()) ?? 'nothing';
  switch (kind) {
    case 'files':
    case 'folders':
      return { type: kind, prefix };
    case 'images':
    case 'ownImages':
    case 'ids':
    case 'peers':
      return values(await known[kind](), prefix);
    case 'platforms':
      return values(plain(platforms), prefix);
    case 'nothing':
      return values([], prefix);
  }
}

function commands(command: Command): Candidate[] {
  const help = command.createHelp();
  return help
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: help.subcommandDescription(one) }));
}

/** The long names; a short one only where it is already typed. One that is given stays unless it may be repeated. */
function optionNames(command: Command, current: string, used: readonly Option[]): Candidate[] {
  const help = command.createHelp();
  const inherited = help.visibleGlobalOptions(command).filter(({ long }) => long !== '--version');
  return [...help.visibleOptions(command), ...inherited]
    .filter((option) => !used.includes(option) || option.variadic || Array.isArray(option.defaultValue))
    .flatMap(({ long, short, description }) =>
      [long, short === current ? short : undefined]
        .filter((name) => name !== undefined && name !== null)
        .map((value) => ({ value, description })),
    );
}

function plain(choices: readonly string[]): Candidate[] {
  return choices.map((value) => ({ value, description: '' }));
}

function values(candidates: readonly Candidate[], prefix = ''): Completion {
  return { type: 'values', prefix, candidates };
}
