import type { IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { type ErrorFacts, P2pimgError } from '../error.js';
import type { Identity } from '../trust/identity.js';
import { prove, verifyProof } from '../trust/proof.js';
import type { Team } from '../trust/team.js';
import type { PeerId } from '../wire/peer-id.js';
import { readAddress } from './address.js';
import { WebSocketChannel } from './channel.js';
import {
  proofHeader,
  protocolPath,
  securedBy,
  tlsOptions,
  versionHeader,
  webSocketOptions,
} from './handshake.js';
import type { Timings } from './liveness.js';

/** Who dials, and who has to answer. */
export interface Caller {
  readonly identity: Identity;
  readonly team: Team;
  /** The only peer that will do. */
  readonly expect?: PeerId | undefined;
  readonly timings?: Timings | undefined;
}

/**
 * Dials one address until the peer has proved itself; rejects with `PEER_LOST`, `UNPROVED`, `REFUSED` (the peer speaks
 * another version), or the signal's reason.
 */
export function attempt(address: string, caller: Caller, signal: AbortSignal): Promise<WebSocketChannel> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const target = readAddress(address);
    if (target === undefined) throw lost(address, 'not an address');
    const { identity, team, expect, timings } = caller;
    const socket = connect({
      ...target,
      ...tlsOptions,
      cert: identity.certificatePem,
      key: identity.privateKeyPem,
      // Names no host to who listens on the line.
      servername: '',
    });
    socket.setNoDelay(true);

    const settle = () => {
      signal.removeEventListener('abort', abandon);
      socket.off('close', vanished);
    };
    const fail = (error: unknown) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const abandon = () => fail(signal.reason);
    const vanished = () => fail(lost(address, 'closed'));
    const broken = (error: NodeJS.ErrnoException) => fail(lost(address, error.code ?? error.message, error));
    signal.addEventListener('abort', abandon);
    socket.once('close', vanished);
    // Stays on after a failure: what is destroyed may still complain.
    socket.on('error', broken);

    socket.once('secureConnect', () => {
      const secured = securedBy(socket);
      if (secured === undefined) return fail(unproved(address, 'no certificate'));
      const { peerId, keyingMaterial } = secured;
      if (expect !== undefined && peerId !== expect)
        return fail(unproved(address, 'another peer', { got: peerId, wanted: expect }));
      const isProved = ({ headers }: IncomingMessage) =>
        verifyProof(team, 'source', keyingMaterial, String(headers[proofHeader]));

      const webSocket = requestUpgrade(socket, prove(team, 'receiver', keyingMaterial));
      webSocket.on('error', broken);
      webSocket.once('unexpected-response', (_request, response) =>
        fail(isProved(response) ? otherVersion(address, response) : unproved(address, 'turned away')),
      );
      webSocket.once('upgrade', (response) => {
        if (isProved(response)) return;
        fail(unproved(address, 'no proof'));
        webSocket.terminate();
      });
      webSocket.once('open', () => {
        settle();
        // At once: the first message may be in the same packet as the 101.
        resolve(new WebSocketChannel(webSocket, socket, peerId, timings));
        webSocket.off('error', broken);
        socket.off('error', broken);
      });
    });
  });
}

function requestUpgrade(socket: TLSSocket, proof: string): WebSocket {
  // The URL's host is a word: where we think to be is none of the other end's business.
  return new WebSocket(`wss://p2pimg${protocolPath}`, {
    ...webSocketOptions,
    createConnection: () => socket,
    headers: { [proofHeader]: proof },
  });
}

/** Nobody there, or no longer. */
export function lost(address: string, reason: string, cause?: unknown): P2pimgError {
  return new P2pimgError('PEER_LOST', `cannot reach ${address}: ${reason}`, { address, reason }, cause);
}

function unproved(address: string, reason: string, facts: ErrorFacts = {}): P2pimgError {
  return new P2pimgError('UNPROVED', `${address} did not prove itself: ${reason}`, {
    address,
    reason,
    ...facts,
  });
}

function otherVersion(address: string, { headers }: IncomingMessage): P2pimgError {
  const version = Number(headers[versionHeader]);
  const facts = { address, reason: 'other version', version };
  return new P2pimgError('REFUSED', `${address} speaks version ${version} of the protocol`, facts);
}
