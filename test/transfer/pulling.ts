import type { Engine, Puller } from '../../src/engine/port.js';
import { P2pimgError } from '../../src/error.js';
import type { BlobStream } from '../../src/image/blob.js';
import { parseDigest } from '../../src/image/digest.js';
import { type ImageDescription, missingBlobs } from '../../src/image/image.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import type { Shelf } from '../../src/transfer/give.js';
import type { Channel } from '../../src/wire/channel.js';
import { freshImage, layerOf } from '../engine/claims/source.js';
import type { LayerDescription } from '../fixtures/layer.js';
import { file } from '../fixtures/tar.js';
import { serveOnce, shelfOf, TestPeer } from './peers.js';
import { stocked } from './stocked.js';

/** A store that imports as Docker pulls: it asks for all blobs at once, and puts them together itself. */
export function pulling(engine: Engine, held: Puller['held'] = new Map()) {
  return {
    hold: engine.hold.bind(engine),
    import: engine.import.bind(engine),
    tag: engine.tag.bind(engine),
    puller: async (wanted: ImageDescription): Promise<Puller> => ({
      held,
      async pull(read, name, signal) {
        const blobs = await Promise.all(
          missingBlobs(wanted, new Map()).map(async (digest): Promise<BlobStream> => {
            const blob = read(digest, 0);
            const chunks: Buffer[] = [];
            for await (const chunk of blob.content) chunks.push(chunk);
            return { ...blob, content: listed(chunks) };
          }),
        );
        const id = await engine.import(wanted, new Map(), listed(blobs), signal);
        return { id, replaced: await engine.tag(id, name) };
      },
    }),
  };
}

/** One item after the other. */
export async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/**
 * A peer with one shelf, of what an engine has, for all its channels; before the send of that number, over all of them, its cable is cut, or just
 * the one connection.
 */
function peerWith(
  from: Engine,
  name: string,
  cutBefore?: number,
  more: Partial<Shelf> = {},
  cutting: 'all' | 'one' = 'all',
): TestPeer & { sends: () => number } {
  const shelf = { ...shelfOf(from), ...more };
  const channels = new Set<Channel>();
  let sent = 0;
  const cut = () => {
    for (const channel of channels) channel.destroy(new P2pimgError('PEER_LOST', 'the cable was cut'));
    channels.clear();
  };
  const one = new TestPeer(name, async (channel) => {
    channels.add(channel);
    channel.beforeSend = () => {
      if (sent === cutBefore && cutting === 'all') cut();
      if (sent === cutBefore && cutting === 'one')
        channel.destroy(new P2pimgError('PEER_LOST', 'this one was cut'));
      sent += 1;
    };
    await serveOnce(channel, shelf);
  });
  return Object.assign(one, { sends: () => sent });
}

const large = (name: string): LayerDescription => ({
  entries: [file(name, { random: 2_500_000 })],
  compression: 'none',
});

/** An image of two large layers and a small one, an engine that has it, and peers that give it; for all tests of a file. */
export async function givenSingly() {
  const image = await freshImage(localPlatform(), [large('one'), large('two'), layerOf('small')]);
  const from = await stocked(image);
  const blobs = [image.config, ...image.layers.map(({ blob }) => blob)];
  return {
    from,
    configDigest: parseDigest(image.config.digest),
    size: blobs.reduce((sum, blob) => sum + blob.size, 0),
    reference: parseReference('team/app:1'),
    peer: (name: string, cutBefore?: number, more?: Partial<Shelf>, cutting?: 'all' | 'one') =>
      peerWith(from, name, cutBefore, more, cutting),
  };
}
