import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/**
 * After how long without a word of one's own a ping is sent, after what silence a connection is dead, and for how long a
 * peer may take nothing of what waits for it; in milliseconds.
 */
export interface Timings {
  readonly pingAfter: number;
  readonly deadAfter: number;
  readonly takeWithin: number;
}

/** A ping after 8 s, dead after 13 s; whoever takes nothing for 2 min is let go, and can go on where it stopped. */
export const defaultTimings: Timings = { pingAfter: 8_000, deadAfter: 13_000, takeWithin: 120_000 };

/** A peer that keeps to the protocol sends one or two within `pingAfter`. */
export const maximumPings = 64;

/** Why a connection is given up. */
export type EndOfLife = 'silent' | 'too many pings';

/**
 * Tells when the peer of a WebSocket has fallen silent. Each end pings when it has neither pinged nor answered for a
 * while, whatever it hears: an end that reads nothing answers no pings, and is known to live by its own. So on a
 * connection that idles one end asks and the other answers, by one timer each, which keeps an agent quiet that has
 * many peers.
 */
export class Liveness {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #timings: Timings;
  readonly #onEnd: (why: EndOfLife) => void;
  #timer: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;
  #state: 'watching' | 'stopped' = 'watching';
  #heardAt = performance.now();
  #spokeAt = performance.now();
  #pings = { since: performance.now(), count: 0 };
  /** Who was asked last leaves it to the other end to ask again, for a fifth longer. */
  #role: 'asks' | 'answers' = 'asks';
  /** Control frames that wait behind data; never more than one of each. */
  readonly #unwritten = new Set<'ping' | 'pong'>();

  constructor(webSocket: WebSocket, socket: Socket, timings: Timings, onEnd: (why: EndOfLife) => void) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#timings = timings;
    this.#onEnd = onEnd;
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
    clearTimeout(this.#check);
    this.#webSocket.off('ping', this.#answer);
    this.#socket.off('data', this.#hear);
    this.#socket.off('resume', this.#hear);
  }

  /** Asks now; a connection on which nothing is heard within so many milliseconds is dead. */
  check(withinMs: number): void {
    if (this.#state === 'stopped' || this.#check !== undefined) return;
    const askedAt = performance.now();
    this.#role = 'asks';
    this.#write('ping');
    this.#check = afterReading(withinMs, () => {
      this.#check = undefined;
      if (this.#state === 'stopped' || this.#webSocket.isPaused || this.#heardAt >= askedAt) return;
      this.stop();
      this.#onEnd('silent');
    });
  }

  readonly #hear = (): void => {
    this.#heardAt = performance.now();
  };

  readonly #answer = (payload: Buffer): void => {
    this.#role = 'answers';
    const now = performance.now();
    if (now - this.#pings.since > this.#timings.pingAfter) this.#pings = { since: now, count: 0 };
    this.#pings.count += 1;
    if (this.#pings.count > maximumPings) {
      this.stop();
      this.#onEnd('too many pings');
      return;
    }
    this.#write('pong', payload);
  };

  #write(type: 'ping' | 'pong', payload?: Buffer): void {
    this.#spokeAt = performance.now();
    if (this.#unwritten.has(type)) return;
    this.#unwritten.add(type);
    this.#webSocket[type](payload, undefined, () => this.#unwritten.delete(type));
  }

  #lookIn(ms: number): void {
    this.#timer = afterReading(ms, () => this.#look());
  }

  #look(): void {
    if (this.#state === 'stopped') return;
    const now = performance.now();
    if (this.#webSocket.isPaused) this.#heardAt = now;
    const silence = now - this.#heardAt;
    const { deadAfter } = this.#timings;
    if (silence >= deadAfter) {
      this.stop();
      this.#onEnd('silent');
      return;
    }
    if (now >= this.#pingAt()) {
      this.#role = 'asks';
      this.#write('ping');
    }
    this.#lookIn(Math.ceil(Math.min(this.#pingAt() - now, deadAfter - silence)));
  }

  /** All connections of a process ask at the same moments: the processor wakes once for all of them. */
  #pingAt(): number {
    const { pingAfter } = this.#timings;
    const due = this.#spokeAt + pingAfter;
    return this.#role === 'asks' ? Math.round(due / pingAfter) * pingAfter : due + pingAfter / 5;
  }
}

/** After the computer slept, what has arrived meanwhile is read between the timers and the immediates. */
function afterReading(ms: number, look: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(look), ms);
}
