import { type ErrorCode, P2pimgError } from '../../error.js';

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EACCES: 'ENGINE_DENIED',
  EPERM: 'ENGINE_DENIED',
  EROFS: 'ENGINE_DENIED',
  ENOENT: 'ENGINE_UNREACHABLE',
  ENOTDIR: 'ENGINE_UNREACHABLE',
};

/** What the file system says, as this project's error; anything else unchanged. */
export function asStoreError(error: unknown, folder: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const message = error instanceof Error ? error.message : errno;
  return new P2pimgError(codes[errno] ?? 'ENGINE_FAILED', message, { folder }, error);
}

/** The name of a failed system call's error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof P2pimgError || !(error instanceof Error)) return undefined;
  return 'code' in error && 'syscall' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Why an operation stopped: the signal's own reason where it is ours, else `INTERRUPTED`. */
export function interruption(signal: AbortSignal): P2pimgError {
  const reason: unknown = signal.reason;
  return reason instanceof P2pimgError ? reason : new P2pimgError('INTERRUPTED', 'interrupted', {}, reason);
}

/** Throws the signal's interruption once it is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interruption(signal);
}
