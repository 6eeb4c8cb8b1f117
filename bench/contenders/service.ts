import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How to end a program that was started: as its user would, and waited for. */
export function endingWith(child: ChildProcess): () => Promise<void> {
  child.stdout?.resume();
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
}
