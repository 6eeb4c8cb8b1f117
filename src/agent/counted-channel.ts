import type { Channel } from '../wire/channel.js';
import { PassingChannel } from '../wire/passing-channel.js';

/** A channel that tells how long each frame is that it sent. */
export class CountedChannel extends PassingChannel {
  readonly #sent: (bytes: number) => void;

  constructor(channel: Channel, sent: (bytes: number) => void) {
    super(channel);
    this.#sent = sent;
  }

  override async sendFrame(frame: Buffer): Promise<void> {
    const { length } = frame; // a sender may use the buffer again
    await super.sendFrame(frame);
    this.#sent(length);
  }
}
