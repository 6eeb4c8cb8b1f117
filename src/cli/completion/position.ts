import type { Argument, Command, Option } from 'commander';

/** Where in a command line its last word stands. */
export type Position =
  /** A command or an argument. `given` are the arguments before it. */
  | {
      readonly type: 'word';
      readonly command: Command;
      readonly given: readonly string[];
      readonly options: 'may-come' | 'are-over';
      readonly used: readonly Option[];
    }
  /** The value of an option; `prefix` is what of the word itself goes before it, such as `--from=`. */
  | {
      readonly type: 'value';
      readonly command: Command;
      readonly option: Option;
      readonly prefix: string;
    }
  /** The name of a command, after `help`. */
  | { readonly type: 'help'; readonly command: Command };

/** Finds the position of `current` after these words, as the program itself would read them. */
export function positionOf(program: Command, words: readonly string[], current: string): Position {
  let command = program;
  let given: string[] = [];
  const used: Option[] = [];
  let pending: Option | undefined;
  let options: 'may-come' | 'are-over' = 'may-come';
  for (const word of words) {
    if (pending?.required || (pending?.optional && !word.startsWith('-'))) {
      pending = undefined;
      continue;
    }
    pending = undefined;
    if (options === 'may-come' && word === '--') options = 'are-over';
    else if (options === 'may-come' && isOption(word)) {
      const option = findOption(command, word.replace(/=.*/s, ''));
      if (option === undefined) continue;
      used.push(option);
      const isAttached = word.startsWith('--') ? word.includes('=') : word.length > 2;
      if (!isAttached) pending = option;
    } else if (given.length === 0 && command === program && word === 'help')
      return { type: 'help', command: program };
    else {
      const next = given.length === 0 ? findCommand(command, word) : undefined;
      if (next === undefined) given = [...given, word];
      else command = next;
    }
  }
  if (pending?.required || (pending?.optional && !current.startsWith('-')))
    return { type: 'value', command, option: pending, prefix: '' };
  const attached = /^(--[^=]+)=/.exec(current);
  const option =
    attached?.[1] === undefined || options === 'are-over' ? undefined : findOption(command, attached[1]);
  if (attached !== null && option !== undefined && takesValue(option))
    return { type: 'value', command, option, prefix: attached[0] };
  return { type: 'word', command, given, options, used };
}

/** The argument that comes after these; undefined where none may. */
export function argumentAfter(command: Command, given: readonly string[]): Argument | undefined {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[given.length] ?? (last?.variadic ? last : undefined);
}

/** Whether an option is followed by a value. */
export function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function isOption(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

function findOption(command: Command, word: string): Option | undefined {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const found = at.options.find(
      ({ long, short }) => word === long || (!word.startsWith('--') && word.slice(0, 2) === short),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function findCommand(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}
