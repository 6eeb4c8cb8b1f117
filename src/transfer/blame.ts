import type { ErrorCode, P2pimgError } from '../error.js';

/** What only a source can bring about that sends something else than it offered, or than was agreed. */
const lies: ReadonlySet<ErrorCode> = new Set([
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
  'BLOB_MISSING',
  'BLOB_UNWANTED',
  'MANIFEST_INVALID',
  'IMAGE_CONFIG_INVALID',
  'IMPORT_UNPROVED',
  'PROTOCOL_VIOLATION',
]);

/** Whether a failure proves that its source lied; what a source itself reports of its engine is no lie. */
export function isLie({ code, facts }: P2pimgError): boolean {
  return lies.has(code) && facts.reported !== true;
}

/** Whether another source of the same image may do better. */
export function isBetterElsewhere(error: P2pimgError): boolean {
  return lies.has(error.code) || error.code === 'IMAGE_TOO_LARGE';
}
