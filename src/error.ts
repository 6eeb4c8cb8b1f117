/**
 * Every way in which p2pimg can fail. The exit code of each stands in `cli/exit-codes.ts`, the words that a person
 * reads in `cli/words.ts`; docs/cli.md lists them.
 */
export type ErrorCode =
  // what was typed or configured
  | 'USAGE'
  | 'REFERENCE_INVALID'
  | 'PLATFORM_INVALID'
  | 'INVITE_INVALID'
  | 'CONFIG_INVALID'
  | 'SELECTOR_AMBIGUOUS'
  // nobody has it
  | 'NOBODY_HAS_IT'
  | 'PEER_UNKNOWN'
  | 'OTHER_PLATFORM'
  // the peer went away
  | 'PEER_LOST'
  // proof
  | 'DIGEST_INVALID'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'BLOB_MISSING'
  | 'BLOB_UNWANTED'
  | 'MANIFEST_INVALID'
  | 'IMAGE_CONFIG_INVALID'
  | 'ARCHIVE_INVALID'
  | 'IMPORT_UNPROVED'
  | 'PROTOCOL_VIOLATION'
  // the engine
  | 'ENGINE_UNREACHABLE'
  | 'ENGINE_DENIED'
  | 'ENGINE_FAILED'
  | 'IMAGE_UNKNOWN'
  // refused
  | 'REFUSED'
  | 'UNPROVED'
  | 'TEAM_IN_USE'
  | 'NO_TEAM'
  | 'NO_SPACE'
  | 'IMAGE_TOO_LARGE'
  | 'INTERRUPTED'
  | 'AGENT_RUNNING'
  | 'PORT_TAKEN'
  | 'SECRET_EXPOSED'
  // the service
  | 'NO_SERVICE'
  | 'SERVICE_FAILED'
  | 'UNEXPECTED';

/** What an error is about, for the words and for programs; every value can be sent as JSON. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The only error that this project throws on purpose: a code, the facts, and the cause where there is one. */
export class P2pimgError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'P2pimgError';
    this.code = code;
    this.facts = facts;
  }

  /** The same error with more facts, as it passes through a layer that knows the image or the peer. */
  with(facts: ErrorFacts): P2pimgError {
    return new P2pimgError(this.code, this.message, { ...facts, ...this.facts }, this.cause);
  }
}

/** Anything thrown, as a P2pimgError: ours unchanged, an abort as `INTERRUPTED`, a stranger's as `UNEXPECTED` with its cause. */
export function asP2pimgError(error: unknown): P2pimgError {
  if (error instanceof P2pimgError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new P2pimgError('INTERRUPTED', 'interrupted', {}, error);
  return new P2pimgError('UNEXPECTED', error instanceof Error ? error.message : String(error), {}, error);
}
