import { asP2pimgError, type ErrorCode, P2pimgError } from '../error.js';
import type { ErrorReport } from './api.js';

/** Anything thrown, as it crosses the control socket and as `--json` shows it. */
export function reportOf(error: unknown): ErrorReport {
  const { code, message, facts } = asP2pimgError(error);
  return { type: 'error', code, message, facts };
}

/** The error that an agent reported; a code that this version does not know is told as an unexpected error. */
export function errorOf({ code, message, facts }: ErrorReport): P2pimgError {
  return new P2pimgError(code as ErrorCode, message, facts);
}

/** Whether a line or a body is the report of an error. */
export function isErrorReport(value: unknown): value is ErrorReport {
  if (typeof value !== 'object' || value === null) return false;
  const { type, code, message } = value as Partial<ErrorReport>;
  return type === 'error' && typeof code === 'string' && typeof message === 'string';
}
