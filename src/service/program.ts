import { execFile } from 'node:child_process';

/** How a program ended, and what it wrote; `absent` where there is no such program. */
export type Ended =
  | { readonly type: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly type: 'absent' };

/** Runs a program to its end. */
export type RunProgram = (program: string, ...args: readonly string[]) => Promise<Ended>;

/** Runs a program of this machine; only what cannot be started at all for another reason than its absence is thrown. */
export const runProgram: RunProgram = (program, ...args) =>
  new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve({ type: 'ended', code: 0, stdout, stderr });
      else if (error.code === 'ENOENT') resolve({ type: 'absent' });
      else if (typeof error.code === 'number') resolve({ type: 'ended', code: error.code, stdout, stderr });
      else reject(error);
    });
  });
