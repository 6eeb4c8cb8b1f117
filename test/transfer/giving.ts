import { localPlatform } from '../../src/image/platform.js';
import { give, type Shelf } from '../../src/transfer/give.js';
import type { Message, MessageOf } from '../../src/wire/message.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { channelPair, type MemoryChannel } from './memory-channel.js';
import { shelfOf } from './peers.js';
import { stocked } from './stocked.js';

const image = await freshImage(localPlatform());
const described = descriptionOf(image);
/** The identity of the image that these sources have. */
export const { configDigest } = described;
/** All its blobs. */
export const wanted = [configDigest, ...described.layers.map(({ digest }) => digest)];

const engine = await stocked(image);
/** A shelf with that image. */
export const shelf = shelfOf(engine);

/** A source that gives from this shelf, and the receiver's end to do as one likes. */
export function giving(from: Partial<Shelf> = {}, request: Partial<MessageOf<'request'>> = {}) {
  const { receiving, giving: channel } = channelPair();
  const platform = localPlatform();
  const encodings = ['identity'];
  const asked = { type: 'request' as const, image: configDigest, platform, encodings, ...request };
  return { receiving, channel, given: give(channel, asked, { ...shelf, ...from }) };
}

/** The next message but those that only keep in touch. */
export async function next(channel: MemoryChannel): Promise<Message | 'frame' | undefined> {
  for (;;) {
    const incoming = await channel.receive();
    if (incoming === undefined) return undefined;
    if (incoming.type === 'frame') return 'frame';
    if (incoming.message.type !== 'preparing') return incoming.message;
  }
}

/** All that comes until the source is done. */
export async function rest(channel: MemoryChannel): Promise<(Message | 'frame')[]> {
  const all: (Message | 'frame')[] = [];
  for (;;) {
    const message = await next(channel);
    if (message === undefined) return all;
    all.push(message);
    if (message !== 'frame' && (message.type === 'end' || message.type === 'refuse')) channel.close();
  }
}

/** A want of these blobs. */
export const want = (
  digests: readonly (typeof configDigest)[],
  first?: MessageOf<'want'>['first'],
): MessageOf<'want'> => ({
  type: 'want',
  digests,
  ...(first && { first }),
});
