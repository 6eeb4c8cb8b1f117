import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** How often an open connection is pinged, and after what silence it is dead; in milliseconds. */
export interface Timings {
  readonly pingEvery: number;
  readonly deadAfter: number;
}

/** A ping every 5 s, dead after 12 s. */
export const defaultTimings: Timings = { pingEvery: 5_000, deadAfter: 12_000 };

// How often within the time of silence it is looked whether anything came.
const looks = 24;

/**
 * Tells when the peer of a WebSocket has fallen silent. Both ends ping: an end that reads nothing for a while answers
 * no pings, and is known to live by its own.
 */
export class Liveness {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #deadAfter: number;
  readonly #onDead: () => void;
  readonly #pinging: NodeJS.Timeout;
  readonly #looking: NodeJS.Timeout;
  #bytesRead = 0;
  #heardAt = performance.now();
  /** Control frames that wait behind data; never more than one of each. */
  readonly #unwritten = new Set<'ping' | 'pong'>();

  constructor(webSocket: WebSocket, socket: Socket, timings: Timings, onDead: () => void) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#deadAfter = timings.deadAfter;
    this.#onDead = onDead;
    this.#pinging = setInterval(() => this.#write('ping'), timings.pingEvery);
    // After the computer slept, what has arrived meanwhile is read between the timers and the immediates.
    this.#looking = setInterval(() => setImmediate(() => this.#look()), timings.deadAfter / looks);
    webSocket.on('ping', this.#answer);
  }

  /** The connection is over. */
  stop(): void {
    clearInterval(this.#pinging);
    clearInterval(this.#looking);
    this.#webSocket.off('ping', this.#answer);
  }

  readonly #answer = (payload: Buffer): void => this.#write('pong', payload);

  #write(type: 'ping' | 'pong', payload?: Buffer): void {
    if (this.#unwritten.has(type)) return;
    this.#unwritten.add(type);
    this.#webSocket[type](payload, undefined, () => this.#unwritten.delete(type));
  }

  #look(): void {
    const { bytesRead } = this.#socket;
    // Who does not listen hears nothing, and that is nobody's silence.
    if (bytesRead !== this.#bytesRead || this.#webSocket.isPaused) {
      this.#bytesRead = bytesRead;
      this.#heardAt = performance.now();
    } else if (performance.now() - this.#heardAt >= this.#deadAfter) {
      this.stop();
      this.#onDead();
    }
  }
}
