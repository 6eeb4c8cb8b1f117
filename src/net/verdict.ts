import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { prove, verifyProof } from '../trust/proof.js';
import type { Team } from '../trust/team.js';
import { protocolVersion } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import { proofHeader, securedBy, versionHeader } from './handshake.js';

/** Why a stranger is refused: for this side's log only, the stranger is told nothing. */
export type StrangerReason = 'no upgrade' | 'path' | 'no certificate' | 'no team' | 'no proof';

/** What becomes of an upgrade request; `proof` is the source's, in return. */
export type Verdict =
  | { readonly type: 'accept'; readonly peerId: PeerId; readonly team: Team; readonly proof: string }
  | { readonly type: 'other version'; readonly proof: string }
  | { readonly type: 'refuse'; readonly reason: StrangerReason };

/** Judges an upgrade request by its connection, its path and its proof, which may be of a former team that has its grace. */
export function judge(request: IncomingMessage, current: Team | undefined, former?: Team): Verdict {
  const { socket } = request;
  const version = /^\/p2pimg\/v(\d{1,4})$/.exec(request.url ?? '')?.[1];
  if (version === undefined) return { type: 'refuse', reason: 'path' };
  const secured = socket instanceof TLSSocket ? securedBy(socket) : undefined;
  if (secured === undefined) return { type: 'refuse', reason: 'no certificate' };
  if (current === undefined) return { type: 'refuse', reason: 'no team' };
  const { peerId, keyingMaterial } = secured;
  const shown = String(request.headers[proofHeader]);
  const team = [current, ...(former ? [former] : [])].find((one) =>
    verifyProof(one, 'receiver', keyingMaterial, shown),
  );
  if (team === undefined) return { type: 'refuse', reason: 'no proof' };
  const proof = prove(team, 'source', keyingMaterial);
  if (Number(version) !== protocolVersion) return { type: 'other version', proof };
  return { type: 'accept', peerId, team, proof };
}

/** The one answer to all strangers, whatever they did. */
export const refusal = ['HTTP/1.1 401 Unauthorized', 'Connection: close', 'Content-Length: 0', '', ''].join(
  '\r\n',
);

/** The answer to a member that speaks another version. */
export function otherVersion(proof: string): string {
  return [
    'HTTP/1.1 426 Upgrade Required',
    'Connection: close',
    'Content-Length: 0',
    `${versionHeader}: ${protocolVersion}`,
    `${proofHeader}: ${proof}`,
    '',
    '',
  ].join('\r\n');
}
