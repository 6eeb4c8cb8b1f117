import { toWire } from '../../src/agent/listed.js';
import type { Neighbour } from '../../src/agent/neighbour.js';
import { Session } from '../../src/agent/session.js';
import { type Digest, digestOf } from '../../src/image/digest.js';
import type { ListedImage } from '../../src/image/image.js';
import { parsePlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import type { MessageOf } from '../../src/wire/message.js';
import { channelPair, type MemoryChannel, peerIdOf } from '../transfer/memory-channel.js';

/** What an image of a test differs in; all else is as usual. */
export interface ImageTraits {
  readonly config?: string | undefined;
  readonly id?: string;
  readonly names?: readonly string[];
  readonly platforms?: readonly string[];
  readonly created?: string | undefined;
  readonly size?: number;
}

/** A listed image, the same for the same traits. Its ID is another than its config digest only where told so. */
export function listedImage(traits: ImageTraits = {}): ListedImage {
  const { config = 'app', id, names = [], platforms = ['linux/amd64'], created, size = 1 } = traits;
  const configDigest = digestOf(config);
  return {
    id: id === undefined ? configDigest : digestOf(id),
    configDigest: 'config' in traits && traits.config === undefined ? undefined : configDigest,
    references: names.map(parseReference),
    platforms: platforms.map(parsePlatform),
    size,
    created,
  };
}

export const digest = (text: string): Digest => digestOf(text);

export const helloOf = (name: string, active = 0, limit = 4): MessageOf<'hello'> => ({
  type: 'hello',
  name,
  version: '1',
  uploads: { active, limit },
});

/** A neighbour whose standing connection is real, but for the network; `far` is its own end. */
export async function neighbourOf(
  name: string,
  digit: string,
  images: readonly ListedImage[] | 'silent',
): Promise<Neighbour & { readonly far: MemoryChannel }> {
  const { receiving, giving: far } = channelPair(peerIdOf(digit));
  await far.send(helloOf(name));
  const session = await Session.open(receiving, helloOf('me'));
  if (images !== 'silent') void answer(far, images);
  return { peerId: peerIdOf(digit), name, session, since: '2024-02-29T12:34:56Z', far };
}

async function answer(far: MemoryChannel, images: readonly ListedImage[]): Promise<void> {
  for (;;) {
    const incoming = await far.receive();
    if (incoming === undefined) return;
    if (incoming.type === 'message' && incoming.message.type === 'list')
      await far.send({ type: 'catalogue', generation: 1, images: images.map(toWire) });
  }
}
