import { P2pimgError } from '../error.js';

/** A device's identity: the SHA-256 of its public key (SubjectPublicKeyInfo, DER), as 64 lower-case hex digits. */
export type PeerId = string & { readonly __brand: 'PeerId' };

/** Parses a peer ID; throws `PEER_UNKNOWN`. */
export function parsePeerId(text: string): PeerId {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new P2pimgError('PEER_UNKNOWN', `not a peer ID: ${text.slice(0, 100)}`);
  return text as PeerId;
}
