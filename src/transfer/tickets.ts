import { randomBytes } from 'node:crypto';
import type { BlobReader } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { type ImageDescription, missingBlobs } from '../image/image.js';
import type { Channel } from '../wire/channel.js';
import { CompressionChoice } from '../wire/compression-choice.js';
import { type Encoding, type MessageOf, violation } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import { keepingInTouch, type Sending, sendBlob } from './send-blob.js';

/** One transfer whose blobs are read singly: by whom, of which image, out of what. */
export interface Ticketed {
  readonly peerId: PeerId;
  readonly image: ImageDescription;
  readonly reader: BlobReader;
  readonly encoding: Encoding;
}

/** Over so many connections one transfer's blobs are read at once; engines ask for three. */
export const maximumChannels = 32;

/** The transfers under way whose blobs are read singly. A ticket is good for its peer and its image, until it is revoked. */
export class Tickets {
  readonly #issued = new Map<string, Ticketed & { readonly channels: Set<Channel> }>();

  /** Opens a transfer; resolves to its ticket, 32 random hex digits. */
  issue(ticketed: Ticketed): string {
    const ticket = randomBytes(16).toString('hex');
    this.#issued.set(ticket, { ...ticketed, channels: new Set() });
    return ticket;
  }

  /** The transfer is over; whatever is still being read breaks. */
  revoke(ticket: string): void {
    const ticketed = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    for (const channel of ticketed?.channels ?? [])
      channel.destroy(new P2pimgError('PEER_LOST', 'the transfer is over'));
  }

  /**
   * Gives one blob after another over a channel that is used for nothing else, from its first `read` until the receiver
   * closes it. What goes wrong with a blob is told to the receiver, and ends the channel.
   */
  async serve(channel: Channel, first: MessageOf<'read'>): Promise<void> {
    const ticketed = this.#issued.get(first.ticket);
    const choice = new CompressionChoice();
    try {
      if (ticketed !== undefined && ticketed.channels.size >= maximumChannels)
        throw violation('reads over too many connections');
      ticketed?.channels.add(channel);
      for (let read: MessageOf<'read'> | undefined = first; read !== undefined; read = await next(channel)) {
        const current = this.#issued.get(read.ticket);
        if (current === undefined || current !== ticketed || current.peerId !== channel.peerId)
          throw violation('a read without a transfer');
        await give(channel, read, { ...current, choice });
      }
    } catch (error) {
      const { code, message } = asP2pimgError(error);
      if (code !== 'PEER_LOST')
        await channel.send({ type: 'refuse', code, message: message.slice(0, 500) }).catch(() => undefined);
    } finally {
      ticketed?.channels.delete(channel);
      channel.close();
    }
  }
}

async function give(
  channel: Channel,
  { digest, offset }: MessageOf<'read'>,
  { reader, ...sending }: Pick<Ticketed, 'reader'> & Sending,
): Promise<void> {
  if (!missingBlobs(sending.image, new Map()).includes(digest))
    throw new P2pimgError('BLOB_MISSING', `the image has no ${digest}`, { digest });
  const blob = await keepingInTouch(channel, 'waiting for its engine', () => reader.read(digest));
  await sendBlob(channel, blob, offset, sending);
}

async function next(channel: Channel): Promise<MessageOf<'read'> | undefined> {
  const incoming = await channel.receive();
  if (incoming === undefined) return undefined;
  if (incoming.type === 'frame' || incoming.message.type !== 'read')
    throw violation('no read, being the receiver');
  return incoming.message;
}
