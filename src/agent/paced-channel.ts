import type { Channel, Incoming } from '../wire/channel.js';
import { PassingChannel } from '../wire/passing-channel.js';
import type { Pace } from './pace.js';

/** A receiver that hears nothing for longer thinks that the source is lost. */
const keepInTouchMs = 5_000;
/** A receiver that is held back for longer at a time would think so itself. */
const longestMs = 8_000;

/** A channel whose frames keep to a pace: those that it sends, or those that it receives. Messages pass at once. */
export class PacedChannel extends PassingChannel {
  readonly #paces: { readonly up?: Pace; readonly down?: Pace };
  readonly #over = new AbortController();

  constructor(channel: Channel, paces: { readonly up?: Pace; readonly down?: Pace }) {
    super(channel);
    this.#paces = paces;
  }

  override async sendFrame(frame: Buffer): Promise<void> {
    const { up } = this.#paces;
    if (up !== undefined) await this.#holdBack(up, frame.length);
    await super.sendFrame(frame);
  }

  override async receive(): Promise<Incoming | undefined> {
    const incoming = await super.receive();
    if (incoming?.type === 'frame')
      await this.#paces.down?.pass(incoming.frame.length, this.#over.signal, longestMs);
    return incoming;
  }

  override close(): void {
    this.#over.abort();
    super.close();
  }

  override destroy(error: Error): void {
    this.#over.abort();
    super.destroy(error);
  }

  async #holdBack(pace: Pace, bytes: number): Promise<void> {
    const timer = setInterval(() => {
      this.channel.send({ type: 'preparing', what: "held back by its owner's limit" }).catch(() => undefined); // the frame after it fails too
    }, keepInTouchMs);
    try {
      await pace.pass(bytes, this.#over.signal);
    } finally {
      clearInterval(timer);
    }
  }
}
