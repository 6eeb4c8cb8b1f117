import type { TLSSocket } from 'node:tls';
import { peerIdOfCertificate } from '../trust/certificate.js';
import { maximumMessageLength, protocolVersion } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';

/** The header with a proof of membership: the receiver's in the upgrade request, the source's in the answer. */
export const proofHeader = 'p2pimg-proof';
/** The header of a 426 with the version of the protocol that the source speaks. */
export const versionHeader = 'p2pimg-version';
/** The WebSocket's path in this version of the protocol. */
export const protocolPath = `/p2pimg/v${protocolVersion}`;

/** TLS as both ends want it: 1.3, with a certificate each that only its key is read of. */
export const tlsOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  rejectUnauthorized: false,
} as const;

/** WebSocket as both ends want it. */
export const webSocketOptions = {
  perMessageDeflate: false,
  maxPayload: maximumMessageLength,
  // `Liveness` answers pings: left alone, ws breaks a connection whose writing has been held up for 60 of them.
  autoPong: false,
  // A paused peer may take long to get to the close frame; `Liveness` ends the wait when it is gone.
  closeTimeout: 2 ** 31 - 1,
};

/** What TLS says of a connection: the peer that holds its certificate's key, and what only the two ends know. */
export interface Secured {
  readonly peerId: PeerId;
  /** Nobody between the two ends has the same (RFC 8446, section 7.5). */
  readonly keyingMaterial: Buffer;
}

/**
 * Reads a connection whose handshake is done; `undefined` without a usable certificate, or if it is gone already. To
 * be called once: Node 20 gives a client the certificate the first time only.
 */
export function securedBy(socket: TLSSocket): Secured | undefined {
  try {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return undefined;
    const keyingMaterial = socket.exportKeyingMaterial(32, 'EXPORTER-p2pimg-v1', Buffer.alloc(0));
    return { peerId: peerIdOfCertificate(certificate), keyingMaterial };
  } catch {
    return undefined;
  }
}
