import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { paths } from '../control/paths.js';
import { answer } from './completion/answer.js';
import { askKnown } from './completion/known.js';
import type { Shell } from './completion/shells.js';
import { exitCodes } from './exit-codes.js';

/** `p2pimg completion <shell>`: prints the shell's script, which is a file of the package; resolves to the exit code. */
export async function completion(shell: Shell): Promise<number> {
  process.stdout.write(await readFile(new URL(`../../completions/p2pimg.${shell}`, import.meta.url)));
  return exitCodes.done;
}

/** `p2pimg __complete`: answers a script; resolves to the exit code. */
export async function completeWords(
  shell: Shell,
  words: readonly string[],
  program: Command,
): Promise<number> {
  const lines = await answer(shell, words, program, askKnown(paths(process.env).socket));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return exitCodes.done;
}
