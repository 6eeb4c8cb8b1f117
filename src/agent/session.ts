import { EventEmitter } from 'node:events';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { receiveInTime } from '../transfer/ask.js';
import type { Channel } from '../wire/channel.js';
import { type MessageOf, violation } from '../wire/message.js';
import { fromWire } from './listed.js';

/** The standing connection to one peer: that it lives, who it is, and what it shares. */
export class Session {
  readonly channel: Channel;
  #hello: MessageOf<'hello'>;
  /** Resolves, never rejects, when the connection is over. */
  readonly over: Promise<void>;
  /** `changed`: the peer shares other images than before. */
  readonly events = new EventEmitter<{ changed: [] }>();
  #catalogue: Promise<readonly ListedImage[]> | undefined;
  /** Those who wait for a catalogue, in the order in which they asked. */
  readonly #waiting: ((answer: MessageOf<'catalogue'> | P2pimgError) => void)[] = [];

  private constructor(channel: Channel, hello: MessageOf<'hello'>) {
    this.channel = channel;
    this.#hello = hello;
    this.over = this.#read();
  }

  /** Introduces this device, and waits for the peer to do the same. */
  static async open(channel: Channel, ours: MessageOf<'hello'>): Promise<Session> {
    try {
      await channel.send(ours);
      const incoming = await receiveInTime(channel);
      if (incoming.type === 'frame' || incoming.message.type !== 'hello')
        throw violation('something else than a hello');
      return new Session(channel, incoming.message);
    } catch (error) {
      channel.destroy(asP2pimgError(error));
      throw error;
    }
  }

  /** What the peer said last of itself: it does so again whenever its load or its engine changes. */
  get hello(): MessageOf<'hello'> {
    return this.#hello;
  }

  /** What the peer shares now; asked for again only after it said that this changed. */
  catalogue(): Promise<readonly ListedImage[]> {
    this.#catalogue ??= this.#ask().catch((error: unknown) => {
      this.#catalogue = undefined;
      throw error;
    });
    return this.#catalogue;
  }

  /** The same, but asked for anew: the peer looks at its engine once more before it answers. */
  freshCatalogue(): Promise<readonly ListedImage[]> {
    this.#catalogue = undefined;
    return this.catalogue();
  }

  close(): void {
    this.channel.close();
  }

  async #ask(): Promise<readonly ListedImage[]> {
    const answer = new Promise<MessageOf<'catalogue'>>((resolve, reject) => {
      this.#waiting.push((came) => (came instanceof P2pimgError ? reject(came) : resolve(came)));
    });
    answer.catch(() => undefined); // the send may fail first
    await this.channel.send({ type: 'list' });
    return (await answer).images.map(fromWire);
  }

  async #read(): Promise<void> {
    let end = new P2pimgError('PEER_LOST', 'the peer closed the connection');
    try {
      for (;;) {
        const incoming = await this.channel.receive();
        if (incoming === undefined) break;
        if (incoming.type === 'frame') throw violation('a frame outside of a transfer');
        if (incoming.message.type === 'hello') this.#hello = incoming.message;
        if (incoming.message.type === 'changed') {
          this.#catalogue = undefined;
          this.events.emit('changed');
        }
        if (incoming.message.type === 'catalogue') this.#waiting.shift()?.(incoming.message);
      }
    } catch (error) {
      end = asP2pimgError(error);
      this.channel.destroy(end);
    }
    for (const answer of this.#waiting.splice(0)) answer(end);
  }
}
