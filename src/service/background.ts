import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { P2pimgError } from '../error.js';
import type { AgentCommand } from './port.js';

const askEveryMs = 100;
const patienceMs = 30_000;

/**
 * Starts the agent as a process that outlives this one, writing to a log file, and resolves when it answers. Throws
 * `SERVICE_FAILED` with what it wrote last where it ends instead.
 */
export async function startInBackground(
  { words }: AgentCommand,
  log: string,
  answers: () => Promise<boolean>,
): Promise<void> {
  const [program = '', ...args] = words;
  mkdirSync(path.dirname(log), { recursive: true, mode: 0o700 });
  const output = openSync(log, 'w', 0o600);
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  const over = new AbortController();
  void once(child, 'exit').then(
    () => over.abort(),
    () => over.abort(),
  );
  const deadline = AbortSignal.timeout(patienceMs);
  while (!(await answers())) {
    if (over.signal.aborted || deadline.aborted) throw await failure(words, log);
    await delay(askEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
  }
  child.unref();
}

async function failure(words: readonly string[], log: string): Promise<P2pimgError> {
  const written = (await readFile(log, 'utf8')).trim().split('\n');
  const reason = written.find((line) => line.startsWith('p2pimg: ')) ?? written.at(-1) ?? '';
  return new P2pimgError('SERVICE_FAILED', 'the agent did not start', {
    command: words.join(' '),
    reason: reason.replace('p2pimg: ', ''),
    try: `look at ${log}`,
  });
}
