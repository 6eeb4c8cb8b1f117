import type { PeerName } from '../control/api.js';
import type { Arrival } from '../control/sending.js';
import { asP2pimgError } from '../error.js';
import type { Reference } from '../image/reference.js';
import type { Channel } from '../wire/channel.js';
import type { MessageOf } from '../wire/message.js';

/** An image as its sender describes it. */
export interface Brought {
  readonly message: MessageOf<'bring'>;
  readonly reference: Reference | undefined;
  readonly name: string;
  readonly channel: Channel;
  readonly peer: PeerName;
}

/** One image that a colleague sends here: how far it is, and what its owner says. */
export class Waiting {
  readonly brought: Brought;
  #arrival: Arrival;
  #resolve: (answer: 'accept' | 'refuse' | 'expired') => void = () => undefined;

  constructor(brought: Brought, arrival: Arrival) {
    this.brought = brought;
    this.#arrival = arrival;
  }

  get arrival(): Arrival {
    return this.#arrival;
  }

  received(bytes: number): void {
    this.#arrival = { ...this.#arrival, received: bytes };
  }

  answer(deed: 'accept' | 'refuse'): void {
    this.#arrival = { ...this.#arrival, state: 'coming', expiresAt: undefined };
    this.#resolve(deed);
  }

  /** Waits for the owner's answer, so long; throws with the signal. */
  ask(ms: number, signal: AbortSignal): Promise<'accept' | 'refuse' | 'expired'> {
    this.#arrival = { ...this.#arrival, expiresAt: new Date(Date.now() + ms).toISOString() };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#resolve('expired'), ms);
      const stop = () => {
        clearTimeout(timer);
        reject(asP2pimgError(signal.reason));
      };
      this.#resolve = (answer) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        resolve(answer);
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }
}
