import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { surveyArchive } from '../../src/archive/survey.js';
import { writeArchive } from '../../src/archive/write.js';
import type { BlobStream } from '../../src/image/blob.js';
import { type Digest, digestOf, hex } from '../../src/image/digest.js';
import type { HeldLayer } from '../../src/image/image.js';
import { mediaTypes } from '../../src/image/manifest.js';
import { blobName, failureOf, inChunks, sampleOf, streamsOf } from './samples.js';
import { docker, none, sample, without, write } from './writing.js';

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
