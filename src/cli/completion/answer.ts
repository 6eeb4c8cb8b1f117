import type { Command } from 'commander';
import { cut, pad, widthOf } from '../present/width.js';
import { type BashLine, bashText, readBashLine } from './bash-line.js';
import type { Candidate } from './candidate.js';
import { type Completion, complete } from './candidates.js';
import type { Known } from './known.js';
import type { Shell } from './shells.js';

/**
 * What a shell's script is told: first `values`, `files` or `folders`, then one candidate a line.
 *
 * - `bash` hands over its line up to the cursor, `COMP_WORDBREAKS`, and the terminal's columns where it only wants to show
 *   what there is. It gets text that it can put into the line.
 * - The others hand over the words after the command's name, the last with a dot before it (some drop an empty argument).
 *   They get `value`, a tab, and the description.
 */
export async function answer(
  shell: Shell,
  given: readonly string[],
  program: Command,
  known: Known,
): Promise<readonly string[]> {
  if (shell === 'bash') return answerBash(given, program, known);
  const words = given.slice(0, -1);
  const current = given.at(-1)?.slice(1) ?? '';
  const typed = shell === 'powershell' ? current.replace(/^['"]/, '') : current;
  const found = await complete(program, words, typed, known);
  if (found.type !== 'values') return [found.type];
  // zsh has taken the prefix off by itself, and chooses by its own rules, as fish does
  const prefix = shell === 'zsh' ? '' : found.prefix;
  const candidates = found.candidates.filter(
    ({ value }) => shell !== 'powershell' || (prefix + value).startsWith(typed),
  );
  return [found.type, ...candidates.map(({ value, description }) => `${prefix}${value}\t${description}`)];
}

async function answerBash(
  [line = '', wordBreaks = '', columns = '']: readonly string[],
  program: Command,
  known: Known,
): Promise<readonly string[]> {
  const read = readBashLine(line, wordBreaks);
  const found: Completion = await complete(program, read.words.slice(1), read.current, known);
  if (found.type !== 'values') return [found.type];
  const fitting = found.candidates
    .map((candidate) => ({ ...candidate, value: found.prefix + candidate.value }))
    .filter(({ value }) => value.startsWith(read.current));
  return [found.type, ...written(fitting, read, Number(columns))];
}

function written(candidates: readonly Candidate[], line: BashLine, columns: number): readonly string[] {
  if (columns === 0 || candidates.length < 2) return candidates.map(({ value }) => bashText(value, line));
  const widest = Math.max(...candidates.map(({ value }) => widthOf(value)));
  return candidates.map(({ value, description }) =>
    cut(`${pad(value, widest)}  ${description}`.trimEnd(), columns - 2, ''),
  );
}
