import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Team } from './team.js';

/** Who proves itself: a proof of the one is none of the other, so none can be sent back to its maker. */
export type Role = 'receiver' | 'source';

// The version of the proof, not of the protocol: peers that differ in the latter must still know each other.
const context = 'p2pimg proof v1';

/** Proof of being in the team, for this role on the connection with this keying material only: base64url. */
export function prove(team: Team, role: Role, keyingMaterial: Buffer): string {
  return createHmac('sha256', team.proofKey)
    .update(`${context}\0${role}\0`)
    .update(keyingMaterial)
    .digest('base64url');
}

/** Whether this is that proof, in a time that does not tell how much of it is right. */
export function verifyProof(team: Team, role: Role, keyingMaterial: Buffer, proof: string): boolean {
  const got = Buffer.from(proof);
  const wanted = Buffer.from(prove(team, role, keyingMaterial));
  return got.length === wanted.length && timingSafeEqual(got, wanted);
}
