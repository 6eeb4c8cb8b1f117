import { EventEmitter } from 'node:events';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { receiveInTime } from '../transfer/ask.js';
import type { Channel } from '../wire/channel.js';
import { type Message, type MessageOf, violation } from '../wire/message.js';
import { fromWire } from './listed.js';
import type { News } from './news.js';

/** So many questions of a peer may wait for their answer before no more is read from it. */
const maximumUnanswered = 8;

/** After so long without an answer it is asked whether the peer is there at all, and how long that may take. */
const lateMs = 500;
const aliveMs = 750;

/**
 * The standing connection to one peer: that it lives, who it is, and what it shares. With `news` it serves both ways:
 * the peer is told the same of this device.
 */
export class Session {
  readonly channel: Channel;
  #hello: MessageOf<'hello'>;
  /** Resolves, never rejects, when the connection is over; to why. */
  readonly over: Promise<P2pimgError>;
  readonly #news: News | undefined;
  /** `changed`: the peer shares other images than before. */
  readonly events = new EventEmitter<{ changed: [] }>();
  #catalogue: Promise<readonly ListedImage[]> | undefined;
  /** Those who wait for a catalogue, in the order in which they asked. */
  readonly #waiting: ((answer: MessageOf<'catalogue'> | P2pimgError) => void)[] = [];

  #answered: Promise<unknown> = Promise.resolve();
  #unanswered = 0;

  /** On a channel on which both have said hello. */
  constructor(channel: Channel, hello: MessageOf<'hello'>, news?: News) {
    this.channel = channel;
    this.#hello = hello;
    this.#news = news;
    this.over = this.#read();
  }

  /** Introduces this device, and waits for the peer to do the same; with `tell`, it serves both ways where the peer can. */
  static async open(
    channel: Channel,
    ours: MessageOf<'hello'>,
    tell?: (channel: Channel) => News,
  ): Promise<Session> {
    try {
      await channel.send(tell === undefined ? ours : { ...ours, bothWays: true });
      const incoming = await receiveInTime(channel);
      if (incoming.type === 'frame' || incoming.message.type !== 'hello')
        throw violation('something else than a hello');
      const { message } = incoming;
      return new Session(channel, message, message.bothWays ? tell?.(channel) : undefined);
    } catch (error) {
      channel.destroy(asP2pimgError(error));
      throw error;
    }
  }

  /** Whether the peer is told of this device by the same connection. */
  get servesBothWays(): boolean {
    return this.#news !== undefined;
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
    const late = setTimeout(() => this.channel.checkAlive?.(aliveMs), lateMs);
    try {
      await this.channel.send({ type: 'list' });
      return (await answer).images.map(fromWire);
    } finally {
      clearTimeout(late);
    }
  }

  async #read(): Promise<P2pimgError> {
    let end = new P2pimgError('PEER_LOST', 'the peer closed the connection');
    try {
      while ((await this.#readOne()) === 'more');
    } catch (error) {
      end = asP2pimgError(error);
      this.channel.destroy(end);
    }
    this.#news?.stop();
    for (const answer of this.#waiting.splice(0)) answer(end);
    return end;
  }

  /** For itself, so that nothing is held of a message while the next one is waited for: a catalogue may be a megabyte. */
  async #readOne(): Promise<'more' | 'end'> {
    const incoming = await this.channel.receive();
    if (incoming === undefined) return 'end';
    if (incoming.type === 'frame') throw violation('a frame outside of a transfer');
    await this.#take(incoming.message);
    return 'more';
  }

  async #take(message: Message): Promise<void> {
    switch (message.type) {
      case 'hello':
        this.#hello = message;
        break;
      case 'changed':
        this.#catalogue = undefined;
        this.events.emit('changed');
        break;
      case 'catalogue':
        this.#waiting.shift()?.(message);
        break;
      case 'list':
        if (this.#news !== undefined) await this.#answer(this.#news);
        break;
      case 'request':
      case 'read':
        if (this.#news !== undefined) throw violation(`a ${message.type} on a standing connection`);
        break;
      default: // news that this device knows nothing of
    }
  }

  /** Goes on reading meanwhile: the peer may be answering too, and wait until that is read. */
  async #answer(news: News): Promise<void> {
    this.#unanswered += 1;
    const answer = async (): Promise<void> => {
      await news.answer();
      this.#unanswered -= 1;
    };
    this.#answered = this.#answered.then(answer).catch((error) => this.channel.destroy(asP2pimgError(error)));
    if (this.#unanswered > maximumUnanswered) await this.#answered;
  }
}
