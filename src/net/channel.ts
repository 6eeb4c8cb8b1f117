import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { P2pimgError } from '../error.js';
import type { Channel, Incoming } from '../wire/channel.js';
import { maximumFrameLength } from '../wire/frame.js';
import { type Message, readMessage, violation, writeMessage } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import { writeAddress } from './address.js';
import { defaultTimings, Liveness, type Timings } from './liveness.js';
import { Signal } from './signal.js';

// Bytes that may wait: to be received here, and to be taken by the kernel. Of frames one at a time: several that wait
// would be joined by Node into one write, with a copy of all of them.
const arrivedLimit = 4 * 1024 * 1024;
const unsentLimit = 512 * 1024;
// What an arrival costs besides its bytes, so that many small ones are bounded too.
const arrivalCost = 256;

interface Arrival {
  readonly bytes: Buffer;
  readonly type: 'text' | 'binary';
}

type State =
  | { readonly type: 'open' }
  | { readonly type: 'closed' }
  | { readonly type: 'broken'; readonly error: Error };

/** A channel on an open WebSocket whose peer has proved itself: text is messages, binary is frames. */
export class WebSocketChannel implements Channel {
  readonly peerId: PeerId;
  readonly remote: string;
  /** Resolves, never rejects, when the connection is gone. */
  readonly over: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #arrival = new Signal();
  readonly #room = new Signal();
  #state: State = { type: 'open' };
  #arrived: Arrival[] = [];
  #arrivedBytes = 0;
  #unsentBytes = 0;
  #bytesReceived = 0;
  #takenAt = 0;
  readonly #timings: Timings;
  readonly #liveness: Liveness;
  /** In bytes, of one message or frame. */
  #longest: number;

  /** `longest` is what may arrive at once, in bytes; by default as much as the WebSocket lets in. */
  constructor(
    webSocket: WebSocket,
    socket: Socket,
    peerId: PeerId,
    timings: Timings = defaultTimings,
    longest = Number.POSITIVE_INFINITY,
  ) {
    this.#longest = longest;
    this.peerId = peerId;
    this.remote = writeAddress(socket.remoteAddress, socket.remotePort);
    this.#webSocket = webSocket;
    this.#timings = timings;
    this.#liveness = new Liveness(webSocket, socket, timings, (why) => this.#break(this.#lost(why)));
    this.over = new Promise((resolve) => webSocket.once('close', () => resolve()));
    webSocket.on('message', (bytes: Buffer, isBinary) => this.#take(bytes, isBinary ? 'binary' : 'text'));
    webSocket.on('error', (cause) => this.#break(this.#explain(cause)));
    webSocket.on('close', (code) => {
      this.#liveness.stop();
      if (code === 1000) this.#enter({ type: 'closed' });
      else this.#break(this.#lost(`closed with ${code}`));
    });
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  send(message: Message): Promise<void> {
    return this.#put(Buffer.from(writeMessage(message)), 'text');
  }

  /** As the port says; the frame's bytes are the channel's from then on, and must not change. */
  sendFrame(frame: Buffer): Promise<void> {
    return this.#put(frame, 'binary');
  }

  expectLong(): void {
    this.#longest = Number.POSITIVE_INFINITY;
  }

  checkAlive(withinMs: number): void {
    this.#liveness.check(withinMs);
  }

  async receive(): Promise<Incoming | undefined> {
    for (;;) {
      const arrival = this.#arrived.shift();
      if (arrival !== undefined) {
        this.#makeRoom(arrival);
        const incoming = this.#read(arrival);
        if (incoming !== undefined) return incoming;
      } else if (this.#state.type === 'broken') throw this.#state.error;
      else if (this.#state.type === 'closed') return undefined;
      else await this.#arrival.wait();
    }
  }

  close(): void {
    if (this.#state.type !== 'open') return;
    this.#enter({ type: 'closed' });
    this.#drop();
    this.#webSocket.close(1000);
  }

  destroy(error: Error): void {
    this.#drop();
    this.#break(error);
  }

  async #put(bytes: Buffer, type: Arrival['type']): Promise<void> {
    this.#mustBeOpen();
    this.#unsentBytes += bytes.length;
    this.#webSocket.send(bytes, { binary: type === 'binary' }, () => {
      this.#unsentBytes -= bytes.length;
      this.#takenAt = performance.now();
      if (this.#unsentBytes <= unsentLimit) this.#room.wake();
    });
    if (this.#unsentBytes > unsentLimit) await this.#waitForRoom();
  }

  async #waitForRoom(): Promise<void> {
    const { takeWithin } = this.#timings;
    const begun = performance.now();
    const look = () => {
      const left = Math.max(begun, this.#takenAt) + takeWithin - performance.now();
      if (left <= 0) this.#break(this.#lost('it takes nothing'));
      else timer = setTimeout(look, Math.ceil(left));
    };
    let timer = setTimeout(look, takeWithin);
    try {
      while (this.#unsentBytes > unsentLimit) {
        await this.#room.wait();
        this.#mustBeOpen();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #mustBeOpen(): void {
    if (this.#state.type === 'broken') throw this.#state.error;
    if (this.#state.type === 'closed' || this.#webSocket.readyState !== WebSocket.OPEN)
      throw this.#lost('closed');
  }

  #take(bytes: Buffer, type: Arrival['type']): void {
    this.#bytesReceived += bytes.length;
    if (this.#state.type !== 'open') return;
    this.#arrived.push({ bytes, type });
    this.#arrivedBytes += bytes.length + arrivalCost;
    if (this.#arrivedBytes > arrivedLimit) this.#webSocket.pause();
    this.#arrival.wake();
  }

  #makeRoom(arrival: Arrival): void {
    this.#arrivedBytes -= arrival.bytes.length + arrivalCost;
    if (this.#arrivedBytes <= arrivedLimit / 2 && this.#webSocket.isPaused) this.#webSocket.resume();
  }

  /** Read only when asked for, so that what waits is bytes, and costs nothing more. */
  #read({ bytes, type }: Arrival): Incoming | undefined {
    try {
      if (bytes.length > this.#longest) throw violation('more at once than a receiver may say');
      if (type === 'text') {
        const message = readMessage(bytes.toString('utf8'));
        return message && { type: 'message', message };
      }
      if (bytes.length > maximumFrameLength) throw violation('a frame that is too long');
      return { type: 'frame', frame: bytes };
    } catch (error) {
      if (error instanceof Error) this.destroy(error);
      throw error;
    }
  }

  /** Forgets what arrived, and lets the rest of it pass unseen: nobody will ask. */
  #drop(): void {
    this.#arrived = [];
    this.#arrivedBytes = 0;
    this.#webSocket.resume();
  }

  #break(error: Error): void {
    this.#enter({ type: 'broken', error });
    this.#webSocket.terminate();
  }

  /** The first end is the one that counts. */
  #enter(state: State): void {
    if (this.#state.type === 'open') this.#state = state;
    this.#arrival.wake();
    this.#room.wake();
  }

  #explain(cause: Error): P2pimgError {
    const code = 'code' in cause ? String(cause.code) : cause.message;
    return code.startsWith('WS_ERR_')
      ? violation(`what is no WebSocket message (${code})`, cause)
      : this.#lost(code, cause);
  }

  #lost(reason: string, cause?: unknown): P2pimgError {
    const facts = { address: this.remote, reason };
    return new P2pimgError('PEER_LOST', `the connection to ${this.remote} is gone: ${reason}`, facts, cause);
  }
}
