import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/** Bytes for a process or an engine: sent as they are, or streamed. */
export type Input = string | Uint8Array | Readable;

/** How a program ended: `code` is null if a signal ended it. */
export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of this machine to its end and returns what it wrote; rejects if it fails. */
export async function sh(file: string, ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(file, args, { maxBuffer: 2 ** 30 })).stdout;
}

/** Waits for a program's end, after `timeoutMs` kills it; its output is kept whole. */
export async function finish(child: ChildProcess, input: Input, timeoutMs: number): Promise<Result> {
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const ended = new Promise<Pick<Result, 'code' | 'signal'>>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
  });
  try {
    const [end, stdout, stderr] = await Promise.all([
      ended,
      collect(child.stdout),
      collect(child.stderr),
      feed(child, input),
    ]);
    return { ...end, stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

async function collect(stream: Readable | null): Promise<string> {
  return stream === null ? '' : (await buffer(stream)).toString();
}

async function feed({ stdin }: ChildProcess, input: Input): Promise<void> {
  if (stdin === null) return;
  const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  };
  await pipeline(input instanceof Readable ? input : Readable.from([input]), stdin).catch(ignoreClosedPipe);
}
