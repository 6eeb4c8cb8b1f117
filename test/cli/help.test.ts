import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { allCommands, exampleNames, examplesOf } from '../../src/cli/examples.js';
import { manPage } from '../../src/cli/man.js';
import { widthOf } from '../../src/cli/present/width.js';
import { makeProgram } from '../../src/cli/program.js';
import { callsIn, takes } from './typed.js';

const program = makeProgram(() => {});
const commands = allCommands(program);
const names = commands.map(({ words }) => words);

/** The help of a command as a terminal of so many columns gets it. */
function helpAt(columns: number, words: string): string {
  const command = allCommands(makeProgram(() => {})).find((one) => one.words === words)?.command;
  let text = '';
  command?.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => columns,
  });
  command?.outputHelp();
  return text;
}

describe('help', () => {
  it('has examples of commands that there are, and of no others', () => {
    expect(names.length).toBeGreaterThan(20);
    expect([...exampleNames].sort()).toEqual([...names].sort());
  });

  it.each(names)('of "%s" has two examples or more, which the command line takes', async (words) => {
    const examples = examplesOf(words);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const { line } of examples) {
      const calls = callsIn(line);
      expect(calls.length).toBeGreaterThanOrEqual(1);
      if (words !== '') expect(`${calls[0]?.join(' ')} `.startsWith(`${words} `)).toBe(true);
      for (const call of calls) await expect(takes(call)).resolves.toBeUndefined();
    }
  });

  it('would not take an example with an option that there is not', async () => {
    await expect(takes(['get', '--no-such-option', 'x'])).rejects.toThrow(/unknown option/);
    await expect(takes(['gett', 'x'])).rejects.toThrow(/unknown command/);
  });

  it.each(names.flatMap((words) => [60, 80].map((columns) => [words, columns] as const)))(
    'of "%s" fits %i columns',
    (words, columns) => {
      const text = helpAt(columns, words);
      expect(text).toContain('Examples:');
      expect(text.split('\n').filter((line) => widthOf(line) > columns)).toEqual([]);
    },
  );
});

describe('the manual page', () => {
  const page = manPage(program, '1.2.3', new Date('2026-05-04T12:00:00Z'));

  it('has all commands, options and examples', () => {
    expect(page).toContain('.Dd May 4, 2026\n');
    for (const { words, command } of commands) {
      if (command.commands.length > 0) continue;
      expect(page).toContain(`\n.Ss ${words}\n`);
      for (const { long } of command.options)
        expect(page).toContain(`Fl ${long?.slice(1).replaceAll('-', '\\-')}`);
    }
  });

  it.skipIf(spawnSync('mandoc', ['-V']).error !== undefined)('has no fault that mandoc knows', () => {
    const { stdout, status } = spawnSync('mandoc', ['-Tlint', '-Wwarning'], {
      input: page,
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  });

  it.skipIf(spawnSync('man', ['--version']).error !== undefined)('has no fault that man knows', () => {
    const { stderr, stdout, status } = spawnSync('man', ['--warnings', '-l', '-'], {
      input: page,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANROFFSEQ: '' },
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('p2pimg get');
  });
});
