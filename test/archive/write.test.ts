import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { surveyArchive } from '../../src/archive/survey.js';
import { type ArchiveFormat, type WrittenArchive, writeArchive } from '../../src/archive/write.js';
import type { BlobStream } from '../../src/image/blob.js';
import { type Digest, digestOf, hex } from '../../src/image/digest.js';
import type { HeldLayer, ImageDescription, StoredManifest } from '../../src/image/image.js';
import { mediaTypes } from '../../src/image/manifest.js';
import { blobName, entriesOf, failureOf, inChunks, type Sample, sampleOf, streamsOf } from './samples.js';

const docker: ArchiveFormat = { type: 'docker', partialIndex: 'keep' };
const none: ReadonlyMap<Digest, HeldLayer> = new Map();

interface Written extends WrittenArchive {
  readonly bytes: Buffer;
  /** The content of every entry by name. */
  readonly entries: ReadonlyMap<string, string>;
}

async function write(
  image: ImageDescription,
  blobs: ReadonlyMap<Digest, Buffer>,
  held = none,
  format = docker,
): Promise<Written> {
  const { stream, result } = writeArchive(image, held, streamsOf(blobs), format);
  const bytes = await buffer(stream);
  const entries = (await entriesOf(bytes)) as { name: string; content?: string; text?: string }[];
  return {
    ...(await result),
    bytes,
    entries: new Map(entries.map(({ name, content, text }) => [name, content ?? text ?? ''])),
  };
}

const sample = sampleOf('one', 'two', 'one', 'three');

/** The sample as a source with a containerd store describes it: with its manifest. */
function stored({ image, config }: Sample): ImageDescription & { readonly manifest: StoredManifest } {
  const json = JSON.stringify({
    schemaVersion: 2,
    annotations: { own: 'manifest' },
    config: { mediaType: mediaTypes.ociConfig, digest: image.configDigest, size: config.length },
    layers: image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  });
  return { ...image, manifest: { mediaType: mediaTypes.ociManifest, digest: digestOf(json), json } };
}

function indexOver(...manifests: readonly StoredManifest[]): StoredManifest {
  const json = JSON.stringify({
    schemaVersion: 2,
    manifests: manifests.map(({ mediaType, digest, json }) => ({ mediaType, digest, size: json.length })),
  });
  return { mediaType: mediaTypes.ociIndex, digest: digestOf(json), json };
}

function without(blobs: ReadonlyMap<Digest, Buffer>, ...digests: readonly Digest[]): Map<Digest, Buffer> {
  return new Map([...blobs].filter(([digest]) => !digests.includes(digest)));
}

describe('writeArchive', () => {
  it.each(['docker', 'oci'] as const)(
    'writes for %s what a survey finds to be the same image',
    async (type) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 8 }), async (layers) => {
          const { image, blobs } = sampleOf(
            ...layers.map((layer) => Buffer.concat([Buffer.from('L'), layer])),
          );
          const { stream, result } = writeArchive(image, none, streamsOf(blobs, 600), { ...docker, type });
          const { images } = await surveyArchive(stream);
          expect(images.map((found) => found.image)).toMatchObject([
            { ...image, manifest: { digest: (await result).manifestDigest } },
          ]);
        }),
        { numRuns: 50 },
      );
    },
  );

  it('writes the blobs in the order in which they come, and the metadata last', async () => {
    const reversed = new Map([...sample.blobs].reverse());
    const { entries, manifestDigest } = await write(sample.image, reversed);
    expect([...entries.keys()]).toEqual([
      ...[...reversed.values()].map((content) => blobName(content)),
      `blobs/sha256/${hex(manifestDigest)}`,
      'oci-layout',
      'index.json',
      'manifest.json',
    ]);
  });

  it('names nothing, and every layer in chain order', async () => {
    const { entries, manifestDigest, rootDigest } = await write(sample.image, sample.blobs);
    expect(JSON.parse(entries.get('manifest.json') ?? '')).toEqual([
      {
        Config: blobName(sample.config),
        RepoTags: null,
        Layers: ['one', 'two', 'one', 'three'].map((layer) => blobName(layer)),
      },
    ]);
    const manifest = entries.get(`blobs/sha256/${hex(manifestDigest)}`) ?? '';
    expect(JSON.parse(entries.get('index.json') ?? '')).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        {
          mediaType: mediaTypes.ociManifest,
          digest: digestOf(manifest),
          size: manifest.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
      ],
    });
    expect(rootDigest).toBe(manifestDigest);
  });

  it('leaves manifest.json out of an OCI archive', async () => {
    const { entries } = await write(sample.image, sample.blobs, none, { ...docker, type: 'oci' });
    expect(entries.has('manifest.json')).toBe(false);
    expect(entries.has('index.json')).toBe(true);
  });

  it('writes the same bytes for the same blobs', async () => {
    expect((await write(sample.image, sample.blobs)).bytes).toEqual(
      (await write(sample.image, sample.blobs)).bytes,
    );
  });
});

describe('the manifest that is written', () => {
  it("is the source's own, verbatim, when all its blobs came", async () => {
    const image = stored(sample);
    const { entries, manifestDigest } = await write(image, sample.blobs);
    expect(manifestDigest).toBe(image.manifest.digest);
    expect(entries.get(`blobs/sha256/${hex(manifestDigest)}`)).toBe(image.manifest.json);
  });

  it("is the source's own when what did not come is held under the same digest", async () => {
    const image = stored(sample);
    const held = new Map([[digestOf('two'), heldBlob('two', mediaTypes.ociLayer)]]);
    const { entries, manifestDigest } = await write(image, without(sample.blobs, digestOf('two')), held);
    expect(manifestDigest).toBe(image.manifest.digest);
    expect(entries.has(blobName('two'))).toBe(false);
  });

  it('is one of ours when a layer is held as another blob, which it names, and so does manifest.json', async () => {
    const image = stored(sample);
    const held = new Map([[digestOf('one'), heldBlob('one, zipped', mediaTypes.ociLayerGzip)]]);
    const { entries, manifestDigest } = await write(image, without(sample.blobs, digestOf('one')), held);
    const one = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('one, zipped'), size: 11 };
    expect(JSON.parse(entries.get(`blobs/sha256/${hex(manifestDigest)}`) ?? '')).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: image.configDigest, size: sample.config.length },
      layers: [
        one,
        { mediaType: mediaTypes.ociLayer, digest: digestOf('two'), size: 3 },
        one,
        { mediaType: mediaTypes.ociLayer, digest: digestOf('three'), size: 5 },
      ],
    });
    expect(JSON.parse(entries.get('manifest.json') ?? '')).toMatchObject([
      { Layers: ['one, zipped', 'two', 'one, zipped', 'three'].map((layer) => blobName(layer)) },
    ]);
  });

  it('names by diffID a layer that is held by content alone', async () => {
    const compressed = {
      ...sample.image,
      layers: sample.image.layers.map((layer, index) =>
        index === 1
          ? { ...layer, digest: digestOf('two, zipped'), mediaType: mediaTypes.ociLayerGzip }
          : layer,
      ),
    };
    const held = new Map<Digest, HeldLayer>([[digestOf('two'), { type: 'layer' }]]);
    const { entries } = await write(compressed, without(sample.blobs, digestOf('two')), held);
    expect(JSON.parse(entries.get('manifest.json') ?? '')).toMatchObject([
      { Layers: ['one', 'two', 'one', 'three'].map((layer) => blobName(layer)) },
    ]);
  });

  it("says Docker's media types in OCI's words, for what came and for what is held", async () => {
    const gzip = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
    const image = {
      ...sample.image,
      layers: sample.image.layers.map((layer) => ({ ...layer, mediaType: gzip })),
    };
    const held = new Map([[digestOf('one'), heldBlob('one, zipped', gzip)]]);
    const { entries, manifestDigest } = await write(image, without(sample.blobs, digestOf('one')), held);
    const { layers } = JSON.parse(entries.get(`blobs/sha256/${hex(manifestDigest)}`) ?? '');
    expect(layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual(
      Array(4).fill(mediaTypes.ociLayerGzip),
    );
  });

  it('is led to by the index over it, where that may be kept', async () => {
    const manifest = stored(sample).manifest;
    const index = indexOver(manifest, { ...manifest, digest: digestOf('elsewhere') });
    const image = { ...sample.image, manifest, index };
    const kept = await write(image, sample.blobs);
    expect(kept).toMatchObject({ manifestDigest: manifest.digest, rootDigest: index.digest });
    expect(kept.entries.get(`blobs/sha256/${hex(index.digest)}`)).toBe(index.json);
    expect(JSON.parse(kept.entries.get('index.json') ?? '').manifests).toEqual([
      { mediaType: mediaTypes.ociIndex, digest: index.digest, size: index.json.length },
    ]);
    const dropped = await write(image, sample.blobs, none, { ...docker, partialIndex: 'drop' });
    expect(dropped.rootDigest).toBe(manifest.digest);
    expect(dropped.entries.has(`blobs/sha256/${hex(index.digest)}`)).toBe(false);
  });

  it('stands without an index that is over another manifest', async () => {
    const { manifest } = stored(sample);
    const index = indexOver({ ...manifest, digest: digestOf('elsewhere') });
    const { rootDigest } = await write({ ...sample.image, manifest, index }, sample.blobs);
    expect(rootDigest).toBe(manifest.digest);
  });

  it.each(['manifest', 'index'] as const)(
    'is refused where the offered %s is not what its digest says',
    async (which) => {
      const { manifest } = stored(sample);
      const all = { manifest, index: indexOver(manifest) };
      const forged = { ...all, [which]: { ...all[which], json: `${all[which].json} ` } };
      const failure = await failureOf(write({ ...sample.image, ...forged }, sample.blobs));
      expect(failure).toMatchObject({ code: 'DIGEST_MISMATCH', facts: { wanted: all[which].digest } });
    },
  );
});

describe('what is refused', () => {
  const first = digestOf('one');

  it('is a blob that was not asked for', async () => {
    const more = new Map([...sample.blobs, [digestOf('more'), Buffer.from('more')]]);
    expect(await failureOf(write(sample.image, more))).toMatchObject({
      code: 'BLOB_UNWANTED',
      facts: { digest: digestOf('more') },
    });
    const held = new Map<Digest, HeldLayer>([[first, { type: 'layer' }]]);
    expect(await failureOf(write(sample.image, sample.blobs, held))).toMatchObject({ code: 'BLOB_UNWANTED' });
  });

  it('is a blob that comes twice', async () => {
    async function* twice(): AsyncGenerator<BlobStream> {
      yield* streamsOf(sample.blobs);
      yield* streamsOf(sample.blobs);
    }
    const { stream } = writeArchive(sample.image, none, twice(), docker);
    expect(await failureOf(buffer(stream))).toMatchObject({ code: 'BLOB_UNWANTED' });
  });

  it('is that one never came', async () => {
    expect(await failureOf(write(sample.image, without(sample.blobs, first)))).toMatchObject({
      code: 'BLOB_MISSING',
      facts: { digests: [first] },
    });
  });

  it.each([
    [2, 3],
    [4, 3],
  ])('is content of another length than announced (%i)', async (size, got) => {
    async function* lying(): AsyncGenerator<BlobStream> {
      for await (const blob of streamsOf(sample.blobs))
        yield blob.digest === first ? { ...blob, size } : blob;
    }
    const { stream, result } = writeArchive(sample.image, none, lying(), docker);
    const failure = await failureOf(buffer(stream));
    expect(failure).toMatchObject({ code: 'SIZE_MISMATCH', facts: { digest: first, wanted: size, got } });
    expect(await failureOf(result)).toBe(failure);
  });

  it.each([
    ['of other layers', JSON.stringify({ rootfs: { diff_ids: [digestOf('one')] } })],
    ['that is no JSON', 'config'],
  ])('is a config %s, of which no byte is written', async (_, text) => {
    const config = Buffer.from(text);
    const image = { ...sample.image, configDigest: digestOf(config) };
    const { stream } = writeArchive(image, none, streamsOf(new Map([[image.configDigest, config]])), docker);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [failure] = await once(stream, 'error').catch((error: unknown) => [error]);
    expect(failure).toMatchObject({ code: 'IMAGE_CONFIG_INVALID' });
    expect(Buffer.concat(chunks).includes(config)).toBe(false);
  });
});

describe('an archive that is broken off', () => {
  it('never ends when the blobs throw, and says what they threw', async () => {
    const lost = new Error('peer lost');
    async function* breaking(): AsyncGenerator<BlobStream> {
      yield* streamsOf(without(sample.blobs, digestOf('three')));
      throw lost;
    }
    const { stream, result } = writeArchive(sample.image, none, breaking(), docker);
    const ended = vi.fn();
    stream.on('end', ended).resume();
    const [failure] = await Promise.all([
      once(stream, 'close').catch((error: unknown) => error),
      failureOf(result),
    ]);
    expect(failure).toBe(lost);
    expect(stream.destroyed).toBe(true);
    expect(ended).not.toHaveBeenCalled();
    expect(await failureOf(result)).toBe(lost);
  });

  it('never ends when content throws', async () => {
    const lost = new Error('peer lost');
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('o');
      throw lost;
    }
    async function* breaking(): AsyncGenerator<BlobStream> {
      for await (const blob of streamsOf(sample.blobs)) yield { ...blob, content: broken() };
    }
    const { stream } = writeArchive(sample.image, none, breaking(), docker);
    expect(await failureOf(buffer(stream))).toBe(lost);
  });

  it('ends the blobs when the stream is destroyed', async () => {
    const ended = vi.fn();
    async function* blobs(): AsyncGenerator<BlobStream> {
      try {
        yield* streamsOf(sample.blobs);
      } finally {
        ended();
      }
    }
    const { stream, result } = writeArchive(sample.image, none, blobs(), docker);
    stream.once('data', () => stream.destroy());
    expect(await failureOf(result)).toMatchObject({ code: 'INTERRUPTED' });
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  });

  it('ends the content that is being read when the stream is destroyed', async () => {
    const ended = vi.fn();
    async function* watched(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      try {
        yield* content;
      } finally {
        ended();
      }
    }
    const { image, blobs } = sampleOf(Buffer.alloc(1_000_000, 'x'));
    async function* big(): AsyncGenerator<BlobStream> {
      for await (const blob of streamsOf(blobs, 1000)) yield { ...blob, content: watched(blob.content) };
    }
    const { stream } = writeArchive(image, none, big(), docker);
    stream.read(0);
    await vi.waitFor(() => expect(stream.readableLength).toBeGreaterThan(10_000));
    ended.mockClear();
    stream.destroy();
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  });

  it('ends the blobs at once when it is waiting for the next', async () => {
    const ended = vi.fn(async () => ({ done: true as const, value: undefined }));
    const stalled: AsyncIterable<BlobStream> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: ended }),
    };
    const { stream, result } = writeArchive(sample.image, none, stalled, docker);
    stream.on('error', () => {}).resume();
    await new Promise((resolve) => setImmediate(resolve));
    stream.destroy(new Error('engine gone'));
    expect(ended).toHaveBeenCalledOnce();
    expect(await failureOf(result)).toEqual(new Error('engine gone'));
  });

  it('leaves nothing unhandled when nobody looks at the result', async () => {
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    const { stream } = writeArchive(sample.image, none, streamsOf(sample.blobs), docker);
    stream.on('error', () => {}).destroy(new Error('engine gone'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

it('takes no more from the blobs than the reader makes room for', async () => {
  let given = 0;
  const { image, blobs } = sampleOf(Buffer.alloc(10_000_000, 'x'));
  async function* counting(): AsyncGenerator<BlobStream> {
    for (const [digest, bytes] of blobs) {
      const content = (async function* () {
        for await (const chunk of inChunks(bytes)) {
          given += chunk.length;
          yield chunk;
        }
      })();
      yield { digest, size: bytes.length, offset: 0, content };
    }
  }
  const { stream } = writeArchive(image, none, counting(), docker);
  await once(stream, 'readable');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(given).toBeGreaterThan(0);
  expect(given).toBeLessThan(500_000);
  stream.destroy();
});

function heldBlob(content: string, mediaType: string): HeldLayer {
  return { type: 'blob', blob: { mediaType, digest: digestOf(content), size: content.length } };
}
