import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Workstation } from '../test/lab/workstation.js';

/** How a command is timed: `env` adds to the workstation's own; an abort ends all its processes. */
export interface TimedOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Wall seconds of a shell command on a workstation, taken there, so that entering its namespaces does not count. Rejects
 * if any part of a pipeline fails.
 */
export async function timed(
  workstation: Workstation,
  command: string,
  { env = {}, signal }: TimedOptions,
): Promise<number> {
  signal.throwIfAborted();
  const script = `TIMEFORMAT=%3R; time { ${command}; }`;
  // in a session of its own, so that all of a pipeline can be ended at once
  const child = workstation.spawn(['setsid', 'bash', '-o', 'pipefail', '-c', script], { env });
  const end = (): void => endGroup(child);
  signal.addEventListener('abort', end);
  child.stdin?.end();
  try {
    const [stdout, stderr, [code]] = await Promise.all([
      child.stdout === null ? '' : text(child.stdout),
      child.stderr === null ? '' : text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    signal.throwIfAborted();
    const seconds = Number(/(\d+\.\d{3})\n$/.exec(stderr)?.[1]);
    if (code !== 0 || Number.isNaN(seconds))
      throw new Error(`on ${workstation.name}: ${command}\nexit ${code}: ${stdout}${stderr}`);
    return seconds;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? Number.NaN), 'SIGTERM');
  } catch {
    child.kill('SIGTERM'); // not yet in its own session, or over already
  }
}
