import type { Channel, Incoming } from '../wire/channel.js';
import type { Message } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';

/** A channel that tells how long each frame is that it sent. */
export class CountedChannel implements Channel {
  readonly #channel: Channel;
  readonly #sent: (bytes: number) => void;

  constructor(channel: Channel, sent: (bytes: number) => void) {
    this.#channel = channel;
    this.#sent = sent;
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
    const { length } = frame; // a sender may use the buffer again
    await this.#channel.sendFrame(frame);
    this.#sent(length);
  }

  receive(): Promise<Incoming | undefined> {
    return this.#channel.receive();
  }

  close(): void {
    this.#channel.close();
  }

  destroy(error: Error): void {
    this.#channel.destroy(error);
  }
}
