import type { Command, Option } from 'commander';
import { allCommands, examplesOf, type NamedCommand } from './examples.js';
import { exitCodes } from './exit-codes.js';
import { wrap } from './present/width.js';

/** What each exit code means, for a person. */
const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'it is done',
  unexpected: 'something unexpected happened',
  usage: 'wrong usage, or a configuration that does not hold',
  nobody: 'nobody has it, or not for this platform',
  lost: 'all peers that have it were lost',
  unproved: 'what came is not what was offered; nothing of it was kept',
  engine: 'no engine answers, or it failed',
  refused: 'refused, by a peer or by this device',
  space: 'no space left',
  interrupted: 'interrupted; nothing of it was kept',
};

/** The manual page, in mdoc(7), made of the command line's own definition. `date` is the day it is of. */
export function manPage(program: Command, version: string, date: Date): string {
  const commands = allCommands(program).filter(
    ({ words, command }) => words !== '' && command.commands.length === 0,
  );
  const help = program.createHelp();
  const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' }).format(date);
  return [
    `.Dd ${day}`,
    '.Dt P2PIMG 1',
    `.Os p2pimg ${version}`,
    '.Sh NAME',
    '.Nm p2pimg',
    '.Nd container images between workstations, with no registry',
    '.Sh SYNOPSIS',
    '.Nm',
    '.Op Ar options',
    '.Ar command',
    '.Op Ar argument ...',
    '.Sh DESCRIPTION',
    text(
      'Asks the agent that runs on this device, through a local socket. Where none runs, a command answers by itself.',
    ),
    '.Sh OPTIONS',
    'These hold for every command.',
    ...list(help.visibleOptions(program).map(optionItem)),
    '.Sh COMMANDS',
    ...commands.flatMap((one) => section(one)),
    '.Sh EXIT STATUS',
    ...list(
      Object.entries(exitCodes).map(([name, code]) => [
        `${code}`,
        exitMeanings[name as keyof typeof exitCodes],
      ]),
    ),
    '.Sh EXAMPLES',
    ...examples(''),
    '',
  ].join('\n');
}

function section({ words, command }: NamedCommand): string[] {
  const help = command.createHelp();
  const usage = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? ' ...' : ''}`;
    return one.required ? `Ar ${escaped(name)}` : `Op Ar ${escaped(name)}`;
  });
  const own = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const described = command.registeredArguments
    .filter(({ description }) => description !== '')
    .map((one): Item => [`Ar ${escaped(one.name())}`, help.argumentDescription(one)]);
  return [
    `.Ss ${escaped(words)}`,
    '.Nm',
    `.Cm ${escaped(words)}`,
    '.Op Ar options',
    ...usage.map((macro) => `.${macro}`),
    '.Pp',
    text(sentence(command.description())),
    ...list([...described, ...own.map(optionItem)]),
    '.Pp',
    'Examples:',
    ...examples(words),
  ];
}

/** The macros of a tag, and the plain text beside it. */
type Item = readonly [tag: string, plain: string];

function list(items: readonly Item[]): string[] {
  if (items.length === 0) return [];
  return ['.Bl -tag -width Ds', ...items.flatMap(([tag, plain]) => [`.It ${tag}`, text(plain)]), '.El'];
}

function optionItem(one: Option): Item {
  return [flags(one), one.description];
}

/** `-o, --output <file>` as `Fl o , Fl -output Ar file`. */
function flags({ short, long, flags: written }: Option): string {
  const placeholder = /([<[])(.*)[>\]]/.exec(written);
  const names = [short, long].flatMap((name) => (name ? [`Fl ${escaped(name.slice(1))}`] : []));
  const value =
    placeholder === null ? '' : ` ${placeholder[1] === '[' ? 'Op ' : ''}Ar ${escaped(placeholder[2] ?? '')}`;
  return names.join(' , ') + value;
}

function examples(words: string): string[] {
  return list(
    examplesOf(words).map(({ line, does }) => [`Li "${escaped(line).replaceAll('"', '\\(dq')}"`, does]),
  );
}

function sentence(description: string): string {
  const first = description.charAt(0).toUpperCase() + description.slice(1);
  return first.endsWith('.') ? first : `${first}.`;
}

/** Text in lines that are not too long: nothing in it is a request or an escape, and each sentence begins a line. */
function text(plain: string): string {
  return plain
    .split(/(?<=[.?]) (?=[A-Z])/)
    .flatMap((one) => wrap(one, 72))
    .map((line) => escaped(line).replace(/^[.']/, '\\&$&'))
    .join('\n');
}

function escaped(plain: string): string {
  return plain.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('`', '\\(ga');
}
