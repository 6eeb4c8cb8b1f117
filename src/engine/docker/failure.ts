import { type ErrorCode, P2pimgError } from '../../error.js';
import type { Endpoint } from '../find.js';

/** What dockerode and Node throw, as far as it is read here. */
interface Thrown {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message?: string;
  readonly name?: string;
  readonly json?: { readonly message?: string } | null;
}

/** An error of an engine's API, or of the way to it, as one of ours; ours pass unchanged. */
export function engineError(thrown: unknown, endpoint: Endpoint): P2pimgError {
  if (thrown instanceof P2pimgError) return thrown;
  const error = thrown as Thrown;
  const facts = { address: endpoint.address, namedBy: endpoint.namedBy };
  if (error.name === 'AbortError' || error.code === 'ABORT_ERR')
    return new P2pimgError('INTERRUPTED', 'interrupted', facts, thrown);
  if (error.statusCode !== undefined) {
    const said = error.json?.message ?? error.message ?? 'no reason given';
    const code = error.statusCode === 404 ? 'IMAGE_UNKNOWN' : codeOf(said);
    return new P2pimgError(code, said, { ...facts, status: error.statusCode }, thrown);
  }
  const reason = error.message ?? String(thrown);
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new P2pimgError('ENGINE_DENIED', `no permission to use ${endpoint.address}`, facts, thrown);
  return new P2pimgError(
    'ENGINE_UNREACHABLE',
    `no engine answers at ${endpoint.address}: ${reason}`,
    { ...facts, reason },
    thrown,
  );
}

/** An error that the engine reports inside a 200 answer. */
export function reportedError(said: string, endpoint: Endpoint): P2pimgError {
  return new P2pimgError(codeOf(said), said, { address: endpoint.address });
}

function codeOf(said: string): ErrorCode {
  if (/no space left on device/i.test(said)) return 'NO_SPACE';
  if (
    /diff ?ids?\b.*(match|invalid|wrong)|(wrong|invalid) diff ?id|digest mismatch|unexpected commit digest|Digest did not match/i.test(
      said,
    )
  )
    return 'IMPORT_UNPROVED';
  return 'ENGINE_FAILED';
}
