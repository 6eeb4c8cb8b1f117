import { Argument, Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { answer } from '../../../src/cli/completion/answer.js';
import { complete } from '../../../src/cli/completion/candidates.js';
import { kindOf, placeholderOf } from '../../../src/cli/completion/kinds.js';
import type { Known } from '../../../src/cli/completion/known.js';
import { takesValue } from '../../../src/cli/completion/position.js';
import { makeProgram } from '../../../src/cli/program.js';

const program = new Command('p2pimg')
  .configureHelp({ showGlobalOptions: true })
  .option('--engine <address>', 'which engine')
  .option('--peer <host:port>', 'repeatable', (value, before: string[]) => [...before, value], [])
  .addOption(new Option('--lane <lane>', 'how').choices(['auto', 'loopback', 'save']));
program
  .command('get')
  .description('get images')
  .argument('<image...>')
  .option('--from <peer>', 'only from this peer')
  .option('--compose [file]', 'all that it names')
  .option('-o, --output <file>', 'where to')
  .option('-q, --quiet', 'say less');
program.command('save').description('own ones').argument('<image...>');
program.command('serve').description('a folder').argument('<folder>');
program.command('hidden', { hidden: true });
const team = program.command('team').description('the team');
team.command('join').description('join it').argument('[invite]');
team
  .command('mode')
  .description('set it')
  .addArgument(new Argument('<how>').choices(['open', 'closed']));

const asked: string[] = [];
const knows = (what: string, ...values: string[]) => {
  return async () => {
    asked.push(what);
    return values.map((value) => ({ value, description: `about ${value}` }));
  };
};
const known: Known = {
  images: knows('images', 'node:20', 'team/app:2'),
  ownImages: knows('ownImages', 'mine:1'),
  ids: knows('ids', '5a34bd15'),
  peers: knows('peers', 'mara-thinkpad', 'buildbox'),
};

/** The values, each with its prefix; or what the shell is to offer. */
async function at(...words: string[]): Promise<readonly string[] | string> {
  const found = await complete(program, words.slice(0, -1), words.at(-1) ?? '', known);
  if (found.type !== 'values') return `${found.prefix}${found.type}`;
  return found.candidates.map(({ value }) => found.prefix + value);
}

describe('completion', () => {
  it.each([
    ['commands', [''], ['get', 'save', 'serve', 'team', 'help']],
    ['commands after an option', ['--engine', 'get', ''], ['get', 'save', 'serve', 'team', 'help']],
    ['commands after help', ['help', ''], ['get', 'save', 'serve', 'team', 'help']],
    ['commands of a command', ['team', ''], ['join', 'mode', 'help']],
    ['images', ['get', ''], ['node:20', 'team/app:2']],
    ['images that are not there yet', ['get', 'node:20', ''], ['team/app:2']],
    ['images after an option with its value', ['get', '--from', 'x', 'node:20', ''], ['team/app:2']],
    ['images after --', ['get', '--', '-'], ['node:20', 'team/app:2']],
    ['own images', ['save', ''], ['mine:1']],
    ['peers', ['get', '--from', ''], ['mara-thinkpad', 'buildbox']],
    ['peers in the same word', ['get', '--from=m'], ['--from=mara-thinkpad', '--from=buildbox']],
    ['choices of an option', ['get', '--lane', ''], ['auto', 'loopback', 'save']],
    ['choices of an argument', ['team', 'mode', ''], ['open', 'closed']],
    ['nothing where nothing is known', ['team', 'join', ''], []],
    ['nothing where nothing may come', ['team', 'join', 'x', ''], []],
    ['nothing for a value that is free', ['--engine', ''], []],
    ['files', ['get', '--output', ''], 'files'],
    ['files after a short option', ['get', '-o', ''], 'files'],
    ['files in the same word', ['get', '--output=x'], '--output=files'],
    ['images after a short option with its value', ['get', '-ox', ''], ['node:20', 'team/app:2']],
    ['a value that may be left out', ['get', '--compose', ''], 'files'],
    ['folders', ['serve', ''], 'folders'],
  ] as const)('offers %s', async (_, words, expected) => {
    expect(await at(...words)).toEqual(expected);
  });

  it('offers options, but not those that are given, unless they repeat', async () => {
    const all = ['--from', '--compose', '--output', '--quiet', '--help', '--engine', '--peer', '--lane'];
    expect(await at('get', '-')).toEqual(all);
    expect(await at('get', '--compose', '--')).toEqual(all.filter((name) => name !== '--compose'));
    expect(await at('get', '--peer', 'a:1', '-q', '--')).toEqual(all.filter((name) => name !== '--quiet'));
    expect(await at('get', '-q')).toContain('-q');
  });

  it('asks the agent only for what may stand there', async () => {
    asked.length = 0;
    await at('');
    await at('get', '--');
    await at('get', '--output', '');
    expect(asked).toEqual([]);
    await at('get', '--from', '');
    expect(asked).toEqual(['peers']);
  });

  it('gives each shell what it can put into its line', async () => {
    const of = (shell: 'zsh' | 'fish' | 'powershell') =>
      answer(shell, ['get', '.--from=m'], program, known).then((lines) => lines.slice(0, 2));
    expect(await of('zsh')).toEqual(['values', 'mara-thinkpad\tabout mara-thinkpad']);
    expect(await of('fish')).toEqual(['values', '--from=mara-thinkpad\tabout mara-thinkpad']);
    expect(await of('powershell')).toEqual(['values', '--from=mara-thinkpad\tabout mara-thinkpad']);
    const bash = (line: string, columns = '') =>
      answer('bash', [line, ' \t\n"\'@><=;|&(:', columns], program, known);
    expect(await bash('p2pimg get node:')).toEqual(['values', '20']);
    expect(await bash('p2pimg get ', '24')).toEqual([
      'values',
      'node:20     about node',
      'team/app:2  about team',
    ]);
    expect(await bash('p2pimg get t', '24')).toEqual(['values', 'team/app:2']);
  });

  it('knows what each argument and option of the command line stands for', () => {
    const unknown: string[] = [];
    const visit = (command: Command): void => {
      for (const argument of command.registeredArguments)
        if (argument.argChoices === undefined && kindOf(argument.name(), command.name()) === undefined)
          unknown.push(`${command.name()} ${argument.name()}`);
      for (const option of command.options.filter(takesValue))
        if (
          option.argChoices === undefined &&
          kindOf(placeholderOf(option.flags) ?? '', command.name()) === undefined
        )
          unknown.push(`${command.name()} ${option.flags}`);
      for (const one of command.commands) if (one.name() !== '__complete') visit(one);
    };
    visit(makeProgram(() => {}));
    expect(unknown).toEqual([]);
  });
});
