import type { Channel, Incoming } from '../wire/channel.js';
import type { Message } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import type { Pace } from './pace.js';

/** A receiver that hears nothing for longer thinks that the source is lost. */
const keepInTouchMs = 5_000;
/** A receiver that is held back for longer at a time would think so itself. */
const longestMs = 8_000;

/** A channel whose frames keep to a pace: those that it sends, or those that it receives. Messages pass at once. */
export class PacedChannel implements Channel {
  readonly #channel: Channel;
  readonly #paces: { readonly up?: Pace; readonly down?: Pace };
  readonly #over = new AbortController();

  constructor(channel: Channel, paces: { readonly up?: Pace; readonly down?: Pace }) {
    this.#channel = channel;
    this.#paces = paces;
  }

  get peerId(): PeerId {
    return this.#channel.peerId;
  }

  get remote(): string {
    return this.#channel.remote;
  }

  get bytesReceived(): number {
    return this.#channel.bytesReceived;
  }

  send(message: Message): Promise<void> {
    return this.#channel.send(message);
  }

  async sendFrame(frame: Buffer): Promise<void> {
    const { up } = this.#paces;
    if (up !== undefined) await this.#holdBack(up, frame.length);
    await this.#channel.sendFrame(frame);
  }

  async receive(): Promise<Incoming | undefined> {
    const incoming = await this.#channel.receive();
    if (incoming?.type === 'frame')
      await this.#paces.down?.pass(incoming.frame.length, this.#over.signal, longestMs);
    return incoming;
  }

  close(): void {
    this.#over.abort();
    this.#channel.close();
  }

  destroy(error: Error): void {
    this.#over.abort();
    this.#channel.destroy(error);
  }

  async #holdBack(pace: Pace, bytes: number): Promise<void> {
    const timer = setInterval(() => {
      this.#channel
        .send({ type: 'preparing', what: "held back by its owner's limit" })
        .catch(() => undefined); // the frame after it fails too
    }, keepInTouchMs);
    try {
      await pace.pass(bytes, this.#over.signal);
    } finally {
      clearInterval(timer);
    }
  }
}
