import type { ErrorCode } from '../error.js';

/** What each exit code of the command says. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  usage: 2,
  nobody: 3,
  lost: 4,
  unproved: 5,
  engine: 6,
  refused: 7,
  space: 8,
  interrupted: 130,
} as const;

/** The name of an exit code. */
export type Exit = keyof typeof exitCodes;

const exits: Readonly<Record<ErrorCode, Exit>> = {
  USAGE: 'usage',
  REFERENCE_INVALID: 'usage',
  PLATFORM_INVALID: 'usage',
  INVITE_INVALID: 'usage',
  CONFIG_INVALID: 'usage',
  SELECTOR_AMBIGUOUS: 'usage',
  NOBODY_HAS_IT: 'nobody',
  PEER_UNKNOWN: 'nobody',
  OTHER_PLATFORM: 'nobody',
  IMAGE_UNKNOWN: 'nobody',
  PEER_LOST: 'lost',
  DIGEST_INVALID: 'unproved',
  DIGEST_MISMATCH: 'unproved',
  SIZE_MISMATCH: 'unproved',
  BLOB_MISSING: 'unproved',
  BLOB_UNWANTED: 'unproved',
  MANIFEST_INVALID: 'unproved',
  IMAGE_CONFIG_INVALID: 'unproved',
  ARCHIVE_INVALID: 'unproved',
  IMPORT_UNPROVED: 'unproved',
  PROTOCOL_VIOLATION: 'unproved',
  ENGINE_UNREACHABLE: 'engine',
  ENGINE_DENIED: 'engine',
  ENGINE_FAILED: 'engine',
  REFUSED: 'refused',
  UNPROVED: 'refused',
  TEAM_IN_USE: 'refused',
  NO_TEAM: 'refused',
  AGENT_RUNNING: 'refused',
  PORT_TAKEN: 'refused',
  SECRET_EXPOSED: 'refused',
  IMAGE_TOO_LARGE: 'space',
  NO_SERVICE: 'refused',
  SERVICE_FAILED: 'refused',
  NO_SPACE: 'space',
  INTERRUPTED: 'interrupted',
  UNEXPECTED: 'unexpected',
};

/** The exit code for an error; an error of a newer agent that is not known here is an unexpected one. */
export function exitCodeOf(code: string): number {
  return exitCodes[Object.hasOwn(exits, code) ? exits[code as ErrorCode] : 'unexpected'];
}
