import type { Channel, Incoming } from './channel.js';
import type { Message } from './message.js';
import type { PeerId } from './peer-id.js';

/** A channel that passes everything on to another: what stands between overrides what it changes. */
export class PassingChannel implements Channel {
  protected readonly channel: Channel;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  get peerId(): PeerId {
    return this.channel.peerId;
  }

  get remote(): string {
    return this.channel.remote;
  }

  get bytesReceived(): number {
    return this.channel.bytesReceived;
  }

  send(message: Message): Promise<void> {
    return this.channel.send(message);
  }

  sendFrame(frame: Buffer): Promise<void> {
    return this.channel.sendFrame(frame);
  }

  receive(): Promise<Incoming | undefined> {
    return this.channel.receive();
  }

  checkAlive(withinMs: number): void {
    this.channel.checkAlive?.(withinMs);
  }

  close(): void {
    this.channel.close();
  }

  destroy(error: Error): void {
    this.channel.destroy(error);
  }
}
