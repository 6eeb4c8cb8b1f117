import { P2pimgError } from '../../src/error.js';
import { Signal } from '../../src/net/signal.js';
import type { Channel, Incoming } from '../../src/wire/channel.js';
import { type Message, readMessage, writeMessage } from '../../src/wire/message.js';
import { type PeerId, parsePeerId } from '../../src/wire/peer-id.js';

type Sent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'frame'; readonly frame: Buffer };
type State =
  | { readonly type: 'open' }
  | { readonly type: 'closed' }
  | { readonly type: 'broken'; readonly error: Error };

/** So many things may wait to be read; the next send waits with them. */
const room = 4;

/** One end of a connection without a network: the fake of the port in `wire/channel.ts`. Messages cross as text. */
export class MemoryChannel implements Channel {
  readonly peerId: PeerId;
  readonly remote = 'memory';
  /** What this end sent so far, in order; frames as their length. */
  readonly sent: (Message | number)[] = [];
  /** Called before anything is sent from this end, with how much was sent before; it may break the connection. */
  beforeSend: (count: number) => void = () => undefined;
  other!: MemoryChannel;
  #state: State = { type: 'open' };
  #bytesReceived = 0;
  #arrived: Sent[] = [];
  readonly #changed = new Signal();

  constructor(peerId: PeerId) {
    this.peerId = peerId;
  }

  get state(): State['type'] {
    return this.#state.type;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  send(message: Message): Promise<void> {
    return this.#put({ type: 'text', text: writeMessage(message) }, message);
  }

  sendFrame(frame: Buffer): Promise<void> {
    return this.#put({ type: 'frame', frame }, frame.length);
  }

  async receive(): Promise<Incoming | undefined> {
    for (;;) {
      const next = this.#arrived.shift();
      if (next !== undefined) {
        this.other.#changed.wake();
        if (next.type === 'frame') return next;
        const message = readMessage(next.text);
        if (message !== undefined) return { type: 'message', message };
      } else if (this.#state.type === 'broken') throw this.#state.error;
      else if (this.#state.type === 'closed') return undefined;
      else await this.#changed.wait();
    }
  }

  close(): void {
    this.#arrived = [];
    this.#enter({ type: 'closed' });
    this.other.#enter({ type: 'closed' });
  }

  destroy(error: Error): void {
    this.#arrived = [];
    this.#enter({ type: 'broken', error });
    this.other.#enter({ type: 'broken', error: lost() });
  }

  /** Resolves when this end is no longer open. */
  async ended(): Promise<void> {
    while (this.#state.type === 'open') await this.#changed.wait();
  }

  async #put(sent: Sent, shown: Message | number): Promise<void> {
    this.beforeSend(this.sent.length);
    this.#mustBeOpen();
    this.sent.push(shown);
    this.other.#take(sent);
    while (this.other.#arrived.length > room) {
      await this.#changed.wait();
      this.#mustBeOpen();
    }
  }

  #take(sent: Sent): void {
    if (this.#state.type !== 'open') return;
    this.#bytesReceived += sent.type === 'text' ? Buffer.byteLength(sent.text) : sent.frame.length;
    this.#arrived.push(sent);
    this.#changed.wake();
  }

  #mustBeOpen(): void {
    if (this.#state.type === 'broken') throw this.#state.error;
    if (this.#state.type === 'closed') throw lost();
  }

  #enter(state: State): void {
    if (this.#state.type === 'open') this.#state = state;
    this.#changed.wake();
  }
}

const lost = () => new P2pimgError('PEER_LOST', 'the connection is gone');

/** The ID of a peer in these tests. */
export const peerIdOf = (digit: string): PeerId => parsePeerId(digit.repeat(64));

/** Both ends of a connection. */
export function channelPair(giver = peerIdOf('a')): { receiving: MemoryChannel; giving: MemoryChannel } {
  const receiving = new MemoryChannel(giver);
  const giving = new MemoryChannel(peerIdOf('f'));
  receiving.other = giving;
  giving.other = receiving;
  return { receiving, giving };
}
