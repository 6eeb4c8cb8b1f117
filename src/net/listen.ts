import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { P2pimgError } from '../error.js';
import type { Identity } from '../trust/identity.js';
import type { Team } from '../trust/team.js';
import { plainHost, writeAddress } from './address.js';
import { WebSocketChannel } from './channel.js';
import { defaultLimits, Gate, type GateReason, type Limits, type Pass } from './gate.js';
import { proofHeader, tlsOptions, webSocketOptions } from './handshake.js';
import { defaultTimings, type Timings } from './liveness.js';
import { judge, otherVersion, refusal, type StrangerReason } from './verdict.js';

/** A connection that came to nothing, for the log. */
export interface Refused {
  readonly address: string;
  readonly reason: StrangerReason | GateReason | 'other version' | 'too slow' | 'not accepted';
}

/** How to listen; `team` is asked anew for each connection. */
export interface ListenOptions {
  readonly identity: Identity;
  readonly team: () => Team | undefined;
  /** The team before, while it has its grace. */
  readonly former?: (() => Team | undefined) | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  /** By default every address, of both IPv6 and IPv4 where there is IPv6. */
  readonly host?: string | undefined;
  /** `team` is the one that the peer proved to be in. */
  readonly onChannel: (channel: WebSocketChannel, team: Team) => void;
  readonly onRefused?: ((refused: Refused) => void) | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly timings?: Timings | undefined;
}

/** What listens, until it is closed; the channels that came of it live on. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the port to members of the team; throws `PORT_TAKEN`. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const door = new Door(options);
  await door.open();
  return door;
}

interface Visit {
  readonly socket: Socket;
  readonly pass: Pass;
  readonly deadline: NodeJS.Timeout;
}

class Door implements Listener {
  readonly #options: ListenOptions;
  readonly #limits: Limits;
  readonly #gate: Gate;
  readonly #server: Server;
  readonly #upgrader = new WebSocketServer({ noServer: true, clientTracking: false, ...webSocketOptions });
  readonly #proofs = new WeakMap<IncomingMessage, string>();
  /** By remote address: what TCP accepted and TLS wraps are two sockets, and have only that in common. */
  readonly #pending = new Map<string, Visit>();

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#gate = new Gate(this.#limits);
    const { certificatePem, privateKeyPem } = options.identity;
    this.#server = createServer({
      cert: certificatePem,
      key: privateKeyPem,
      requestCert: true,
      ...tlsOptions,
      maxHeaderSize: 8 * 1024,
      // Without these Node would answer in its own words.
      requireHostHeader: false,
      headersTimeout: 0,
      requestTimeout: 0,
    });
    this.#server.on('connection', (socket) => {
      if (socket instanceof Socket) this.#admit(socket);
    });
    this.#server.on('upgrade', (request, _socket, head) => this.#upgrade(request, head));
    for (const event of ['request', 'checkContinue', 'checkExpectation', 'connect'])
      this.#server.on(event, ({ socket }: IncomingMessage) => this.#refuse(socket, 'no upgrade'));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code?.startsWith('HPE_') && socket.writable) this.#refuse(socket, 'no upgrade');
      else socket.destroy();
    });
    this.#upgrader.on('headers', (headers, request) => {
      headers.push(`${proofHeader}: ${this.#proofs.get(request)}`);
    });
    this.#upgrader.on('wsClientError', (_error, socket) => this.#refuse(socket, 'no upgrade'));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new P2pimgError('PORT_TAKEN', `port ${port} is taken`, { port }, error)
            : error,
        );
      });
      this.#server.listen(host === undefined ? { port } : { port, host }, resolve);
    });
    this.#server.removeAllListeners('error');
    // Such as too many open files: this connection cannot be taken, a later one may.
    this.#server.on('error', () => this.#options.onRefused?.({ address: 'unknown', reason: 'not accepted' }));
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const { socket } of this.#pending.values()) socket.destroy();
  }

  #admit(socket: Socket): void {
    socket.on('error', () => undefined);
    if (socket.remoteAddress === undefined) {
      // Gone already.
      socket.destroy();
      return;
    }
    const address = addressOf(socket);
    const pass = this.#gate.admit(plainHost(socket.remoteAddress));
    if (typeof pass === 'string') {
      socket.destroy();
      this.#options.onRefused?.({ address, reason: pass });
      return;
    }
    const deadline = setTimeout(() => {
      socket.destroy();
      this.#options.onRefused?.({ address, reason: 'too slow' });
    }, this.#limits.handshake);
    this.#pending.set(address, { socket, pass, deadline });
    socket.once('close', () => {
      clearTimeout(deadline);
      this.#pending.delete(address);
      pass.left();
    });
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const verdict = judge(request, this.#options.team(), this.#options.former?.());
    switch (verdict.type) {
      case 'refuse':
        this.#refuse(socket, verdict.reason);
        break;
      case 'other version':
        this.#options.onRefused?.({ address: addressOf(socket), reason: 'other version' });
        answer(socket, otherVersion(verdict.proof));
        break;
      case 'accept':
        this.#proofs.set(request, verdict.proof);
        this.#upgrader.handleUpgrade(request, socket, head, (webSocket) => {
          this.#settle(socket);
          const timings = this.#options.timings ?? defaultTimings;
          const channel = new WebSocketChannel(webSocket, socket, verdict.peerId, timings);
          this.#options.onChannel(channel, verdict.team);
        });
    }
  }

  /** The connection has proved itself: it is no longer in a hurry, nor closed with the door. */
  #settle(socket: Socket): void {
    const address = addressOf(socket);
    const visit = this.#pending.get(address);
    clearTimeout(visit?.deadline);
    visit?.pass.proved();
    this.#pending.delete(address);
  }

  #refuse(socket: Duplex, reason: StrangerReason): void {
    const address = addressOf(socket);
    this.#pending.get(address)?.pass.refused();
    this.#options.onRefused?.({ address, reason });
    answer(socket, refusal);
  }
}

function answer(socket: Duplex, text: string): void {
  socket.on('error', () => undefined);
  socket.end(text, () => socket.destroy());
}

function addressOf(socket: Duplex): string {
  return socket instanceof Socket ? writeAddress(socket.remoteAddress, socket.remotePort) : 'unknown';
}
