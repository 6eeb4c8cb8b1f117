import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** After what silence an open connection is pinged, and after what silence it is dead; in milliseconds. */
export interface Timings {
  readonly pingAfter: number;
  readonly deadAfter: number;
}

/** A ping after 5 s, dead after 12 s. */
export const defaultTimings: Timings = { pingAfter: 5_000, deadAfter: 12_000 };

/**
 * Tells when the peer of a WebSocket has fallen silent. Either end pings when it has heard nothing for a while: an end
 * that reads nothing answers no pings, and is known to live by its own. One timer a connection, seldom: an agent has
 * two connections with each of its peers.
 */
export class Liveness {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #timings: Timings;
  readonly #onDead: () => void;
  #timer: NodeJS.Timeout | undefined;
  #state: 'watching' | 'stopped' = 'watching';
  #heardAt = performance.now();
  /** Control frames that wait behind data; never more than one of each. */
  readonly #unwritten = new Set<'ping' | 'pong'>();

  constructor(webSocket: WebSocket, socket: Socket, timings: Timings, onDead: () => void) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#timings = timings;
    this.#onDead = onDead;
    webSocket.on('ping', this.#answer);
    socket.on('data', this.#hear);
    // Who did not listen heard nothing, and that was nobody's silence.
    socket.on('resume', this.#hear);
    this.#lookIn(timings.pingAfter);
  }

  /** The connection is over. */
  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    this.#webSocket.off('ping', this.#answer);
    this.#socket.off('data', this.#hear);
    this.#socket.off('resume', this.#hear);
  }

  readonly #hear = (): void => {
    this.#heardAt = performance.now();
  };

  readonly #answer = (payload: Buffer): void => this.#write('pong', payload);

  #write(type: 'ping' | 'pong', payload?: Buffer): void {
    if (this.#unwritten.has(type)) return;
    this.#unwritten.add(type);
    this.#webSocket[type](payload, undefined, () => this.#unwritten.delete(type));
  }

  #lookIn(ms: number): void {
    // After the computer slept, what has arrived meanwhile is read between the timers and the immediates.
    this.#timer = setTimeout(() => setImmediate(() => this.#look()), ms);
  }

  #look(): void {
    if (this.#state === 'stopped') return;
    const { pingAfter, deadAfter } = this.#timings;
    const silence = performance.now() - this.#heardAt;
    if (this.#webSocket.isPaused) this.#hear();
    else if (silence >= deadAfter) {
      this.stop();
      this.#onDead();
      return;
    } else if (silence < pingAfter) {
      this.#lookIn(pingAfter - silence);
      return;
    }
    this.#write('ping');
    this.#lookIn(this.#webSocket.isPaused ? pingAfter : Math.min(pingAfter, deadAfter - silence));
  }
}
