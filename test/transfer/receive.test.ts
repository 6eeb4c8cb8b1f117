import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import { supportedEncodings } from '../../src/wire/codec.js';
import { freshImage, layerOf } from '../engine/claims/source.js';
import { give as fill, listed } from '../engine/claims/subject.js';
import { blobsIn, testStore } from '../engine/store-folder.js';
import { file } from '../fixtures/tar.js';
import { pair } from '../net/lab.js';
import { get, honest, Log, serveOnce, shelfOf, TestPeer, TestSources } from './peers.js';

const name = parseReference('app:1');

/** Two stores, of which the first has an image. */
async function stores(image?: Awaited<ReturnType<typeof freshImage>>) {
  const [from, to] = [await testStore(), await testStore()];
  const content = image ?? (await freshImage(localPlatform()));
  const id = await fill(from.engine, content);
  await from.engine.tag(id, name);
  return { from, to, image: content, id, size: sizeOf(content) };
}
const sizeOf = ({ layers, config }: Awaited<ReturnType<typeof freshImage>>): number =>
  layers.reduce((sum, { blob }) => sum + blob.size, config.size);

describe('a transfer', () => {
  it('brings an image from one store to another, byte for byte, and names it there', async () => {
    const { from, to, image, id, size } = await stores();
    const [log, ada] = [new Log(), honest('ada', from.engine)];
    const image1 = 'docker.io/library/app:1';
    const got = await get(to.engine, {
      sources: new TestSources([ada]),
      image: image1,
      reference: name,
      watcher: log,
    });
    expect(got).toMatchObject({ id, reused: 0, replaced: undefined, source: ada });
    expect(got.image.configDigest).toBe(image.config.digest);
    expect(await listed(to.engine, id)).toEqual(await listed(from.engine, id));
    expect(await blobsIn(to.folder)).toEqual(await blobsIn(from.folder));
    expect(log).toMatchObject({
      bytes: size,
      plan: { layersHere: 0, bytesHere: 0, bytesToGo: size, exact: true },
    });
    expect(log.events).toEqual(['offered by ada', 'planned', 'loading']);
  });

  it('ends on both sides, and leaves no channel open', async () => {
    const { from, to, image } = await stores();
    const ada = honest('ada', from.engine);
    await get(to.engine, { sources: new TestSources([ada]), image: image.config.digest });
    await ada.served;
    expect(ada.opened.map(({ state }) => state)).toEqual(['closed']);
    const sent = ada.opened[0]?.sent.filter((one) => typeof one !== 'number').map(({ type }) => type);
    expect(sent).toEqual([
      'offer',
      'preparing',
      'blob',
      'blobEnd',
      'blob',
      'blobEnd',
      'blob',
      'blobEnd',
      'end',
    ]);
  });

  it('counts what crossed the network', async () => {
    const zeros = { entries: [file('zeros', { zeros: 3_000_000 })], compression: 'none' as const };
    const { from, to, image, size } = await stores(await freshImage(localPlatform(), [zeros]));
    const ada = honest('ada', from.engine);
    const { wire } = await get(to.engine, { sources: new TestSources([ada]), image: image.config.digest });
    expect(size).toBeGreaterThan(3_000_000);
    expect(wire).toBeGreaterThan(100);
    if (supportedEncodings().includes('zstd')) expect(wire).toBeLessThan(10_000);
  });

  it('without a name leaves the image untagged', async () => {
    const { from, to, id, image } = await stores();
    await get(to.engine, {
      sources: new TestSources([honest('ada', from.engine)]),
      image: image.config.digest,
    });
    expect((await listed(to.engine, id)).references).toEqual([]);
  });

  it('says which image had the name before', async () => {
    const { from, to, image } = await stores();
    const before = await fill(to.engine, await freshImage(localPlatform()));
    await to.engine.tag(before, name);
    const sources = new TestSources([honest('ada', from.engine)]);
    const got = await get(to.engine, { sources, image: image.config.digest, reference: name });
    expect(got.replaced).toBe(before);
  });

  it('does not send the layers that are here, in whatever image', async () => {
    const [base, own] = [layerOf('base'), layerOf('own')];
    const { from, to, image } = await stores(await freshImage(localPlatform(), [base, own]));
    await fill(to.engine, await freshImage(localPlatform(), [base, layerOf('something else')]));
    const [log, ada] = [new Log(), honest('ada', from.engine)];
    const got = await get(to.engine, {
      sources: new TestSources([ada]),
      image: image.config.digest,
      watcher: log,
    });
    const [baseSize, ownSize] = image.layers.map(({ blob }) => blob.size);
    expect(got.reused).toBe(baseSize);
    expect(log.plan).toEqual({
      layersHere: 1,
      bytesHere: baseSize,
      bytesToGo: (ownSize ?? 0) + image.config.size,
      exact: true,
    });
    expect(log.bytes).toBe(log.plan?.bytesToGo);
    const blobs = ada.opened[0]?.sent.filter((one) => typeof one !== 'number' && one.type === 'blob') ?? [];
    expect(blobs).toHaveLength(2);
  });

  it('of an image that is here whole brings its config only', async () => {
    const { from, to, image } = await stores();
    await fill(to.engine, image);
    const log = new Log();
    const sources = new TestSources([honest('ada', from.engine)]);
    await get(to.engine, { sources, image: image.config.digest, watcher: log });
    expect(log).toMatchObject({
      bytes: image.config.size,
      plan: { layersHere: 2, bytesToGo: image.config.size },
    });
  });

  it('goes over a real connection as well', async () => {
    const { from, to, id, image } = await stores();
    const { receiving, giving } = await pair();
    const served = serveOnce(giving, shelfOf(from.engine));
    const source = { peer: { name: 'ada', id: receiving.peerId }, open: async () => receiving };
    const sources = new TestSources([source]);
    const got = await get(to.engine, { sources, image: image.config.digest, reference: name });
    expect(got.id).toBe(id);
    expect(got.wire).toBeGreaterThan(0);
    await served;
    await expect(receiving.send({ type: 'list' })).rejects.toMatchObject({ code: 'PEER_LOST' });
  });

  it('estimates what must come where the source’s engine does not know its blobs’ sizes', async () => {
    const { from, to, image, size } = await stores();
    const shelf = shelfOf(from.engine);
    const vague = new TestPeer('ada', (channel) =>
      serveOnce(channel, {
        ...shelf,
        async describe(id, platform, signal) {
          const { layers, manifest: _, ...rest } = await shelf.describe(id, platform, signal);
          return { ...rest, layers: layers.map(({ size: __, ...layer }) => layer) };
        },
      }),
    );
    await fill(to.engine, await freshImage(localPlatform(), [layerOf('x')]));
    const log = new Log();
    await get(to.engine, { sources: new TestSources([vague]), image: image.config.digest, watcher: log });
    expect(log.plan).toEqual({ layersHere: 0, bytesHere: 0, bytesToGo: size, exact: false });
    expect(log.bytes).toBe(size);
    expect((await to.engine.list()).map(({ configDigest }) => configDigest)).toContain(
      parseDigest(image.config.digest),
    );
  });
});
