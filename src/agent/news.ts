import type { Channel } from '../wire/channel.js';
import type { Message, MessageOf } from '../wire/message.js';
import type { Catalogue } from './catalogue.js';
import { toWire } from './listed.js';
import type { Uploads } from './uploads.js';

/** What a peer is told of this device. */
export interface Told {
  readonly catalogue: Catalogue;
  readonly uploads: Uploads;
  hello(): MessageOf<'hello'>;
}

/** Tells one peer of this device: unasked that something changed, and the catalogue when asked. */
export class News {
  readonly #channel: Channel;
  readonly #told: Told;

  constructor(channel: Channel, told: Told) {
    this.#channel = channel;
    this.#told = told;
    told.catalogue.events.on('changed', this.#tellChange);
    told.catalogue.events.on('engine', this.#tellLoad);
    told.uploads.events.on('changed', this.#tellLoad);
  }

  /** Nothing more unasked. */
  stop(): void {
    const { catalogue, uploads } = this.#told;
    catalogue.events.off('changed', this.#tellChange);
    catalogue.events.off('engine', this.#tellLoad);
    uploads.events.off('changed', this.#tellLoad);
  }

  /** Sends the catalogue, after another look at the engine: an event may still be on its way. */
  async answer(): Promise<void> {
    const { catalogue } = this.#told;
    await catalogue.refresh();
    const { generation, shared } = catalogue;
    await this.#channel.send({ type: 'catalogue', generation, images: shared.map(toWire) });
  }

  readonly #tellChange = (): void =>
    this.#tell({ type: 'changed', generation: this.#told.catalogue.generation });
  readonly #tellLoad = (): void => this.#tell(this.#told.hello());

  #tell(message: Message): void {
    void this.#channel.send(message).catch(() => undefined); // it is gone, and `receive` says so
  }
}
