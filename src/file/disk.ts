import { type ErrorCode, P2pimgError } from '../error.js';

const codes: Readonly<Record<string, ErrorCode>> = { ENOSPC: 'NO_SPACE', EDQUOT: 'NO_SPACE' };
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not',
  EPERM: 'you may not',
  EROFS: 'its disk cannot be written to',
};

/** What the file system says of a file that a person named: `NO_SPACE`, else `USAGE`. Others' errors pass unchanged. */
export function diskError(error: unknown, deed: 'read' | 'write', file: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const why = reasons[errno] ?? (error as Error).message;
  return new P2pimgError(
    codes[errno] ?? 'USAGE',
    `cannot ${deed} ${file}: ${why}`,
    { path: file, try: 'another file' },
    error,
  );
}

/** The name of a failed system call's error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof P2pimgError || !(error instanceof Error)) return undefined;
  return 'code' in error && 'syscall' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Throws once the signal is aborted: its own reason where that is ours, else `INTERRUPTED`. */
export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  throw reason instanceof P2pimgError ? reason : new P2pimgError('INTERRUPTED', 'interrupted', {}, reason);
}
