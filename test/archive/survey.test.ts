import { describe, expect, it } from 'vitest';
import { surveyArchive } from '../../src/archive/survey.js';
import { digestOf, hex, parseDigest } from '../../src/image/digest.js';
import { mediaTypes } from '../../src/image/manifest.js';
import { canonical } from '../../src/image/reference.js';
import { archive } from '../fixtures/archive.js';
import { emptyLayers, family, multiPlatform, repeatedLayer } from '../fixtures/hard-images.js';
import type { Image } from '../fixtures/image.js';
import {
  blobName,
  dockerOciItems,
  dockerV1Items,
  failureOf,
  type Item,
  inChunks,
  podmanItems,
  type Sample,
  sampleOf,
  tarOf,
} from './samples.js';

const sample = sampleOf('one', 'two', 'one', 'three');

async function survey(items: readonly Item[]): Promise<Awaited<ReturnType<typeof surveyArchive>>> {
  return surveyArchive(inChunks(await tarOf(items)));
}

describe('surveyArchive', () => {
  const layouts: [string, (sample: Sample) => Item[], string][] = [
    ['Docker up to 24', dockerV1Items, 'docker.io/library/app:1'],
    ['Docker from 25 on', dockerOciItems, 'docker.io/library/app:1'],
    ['Podman', podmanItems, 'localhost/app:1'],
  ];

  it.each(layouts)('describes the image in what %s saves', async (_, items, name) => {
    const { images, blobs } = await survey(items(sample));
    expect(images).toHaveLength(1);
    expect(images[0]?.references.map(canonical)).toEqual([name]);
    expect(images[0]?.image).toMatchObject({ ...sample.image, manifest: images[0]?.image.manifest });
    for (const [digest, content] of sample.blobs) expect(blobs.get(digest)?.size).toBe(content.length);
  });

  it('tells where in the archive a blob is', async () => {
    const { blobs } = await survey(podmanItems(sample));
    expect(blobs.get(digestOf('three'))).toEqual({
      at: 2560,
      name: `${hex(digestOf('three'))}.tar`,
      size: 5,
    });
  });

  it('keeps the manifest as it is stored', async () => {
    const items = dockerOciItems(sample);
    const { images } = await survey(items);
    const manifest = images[0]?.image.manifest;
    expect(manifest?.mediaType).toBe(mediaTypes.ociManifest);
    expect(digestOf(manifest?.json ?? '')).toBe(manifest?.digest);
    expect(items.find(({ name }) => name === blobName(manifest?.json ?? ''))).toBeDefined();
  });

  it.each(['oci+docker', 'oci'] as const)(
    'describes compressed layers by diffID and blob (%s)',
    async (layout) => {
      const built = await repeatedLayer();
      const bytes = archive([{ content: built, names: ['docker.io/library/app:1'] }], { layout });
      const { images } = await surveyArchive(bytes);
      expect(images[0]?.references.map(canonical)).toEqual(['docker.io/library/app:1']);
      expect(images[0]?.image).toMatchObject(described(built));
    },
  );

  it('describes empty layers, and several images that share layers', async () => {
    const { first, second } = await family(10_000);
    const contents = [first, second, await emptyLayers()];
    for (const layout of ['oci+docker', 'oci'] as const) {
      const packed = contents.map((content) => ({ content, names: [] }));
      const { images } = await surveyArchive(archive(packed, { layout }));
      expect(images.map(({ image }) => image)).toMatchObject(contents.map(described));
    }
  });

  it('passes over the platforms of an index that are not there', async () => {
    const { index, here } = await multiPlatform();
    for (const layout of ['oci+docker', 'oci'] as const) {
      const bytes = archive([{ content: index, names: [], present: [here] }], { layout });
      const { images } = await surveyArchive(bytes);
      expect(images.map(({ image }) => image)).toMatchObject([
        { ...described(here), index: { digest: index.index.digest, json: index.index.bytes.toString() } },
      ]);
    }
  });

  it('leaves out names that are none', async () => {
    const items = dockerV1Items(sample).map((item) =>
      item.name === 'manifest.json'
        ? { ...item, content: String(item.content).replace('"app:1"', '"<none>:<none>","app:2"') }
        : item,
    );
    const { images } = await survey(items);
    expect(images[0]?.references.map(canonical)).toEqual(['docker.io/library/app:2']);
  });

  it('refuses a blob that is not what its name says', async () => {
    const items = dockerOciItems(sample).map((item) =>
      item.name === blobName('two') ? { ...item, content: 'twO' } : item,
    );
    expect(await failureOf(survey(items))).toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { wanted: digestOf('two'), got: digestOf('twO'), entry: blobName('two') },
    });
  });

  it('refuses a layer that is not the one in the config', async () => {
    const items = dockerV1Items(sample).map((item) =>
      item.content?.toString() === 'two' ? { ...item, content: 'twO' } : item,
    );
    expect(await failureOf(survey(items))).toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { wanted: digestOf('two'), got: digestOf('twO') },
    });
  });

  it('says which entry is missing', async () => {
    for (const name of [blobName('two'), blobName(sample.config)]) {
      const items = dockerOciItems(sample).filter((item) => item.name !== name);
      expect(await failureOf(survey(items))).toMatchObject({
        code: 'BLOB_MISSING',
        facts: { digests: [name] },
      });
    }
  });

  it('says that a manifest is missing to which index.json leads', async () => {
    const built = await repeatedLayer();
    const omit = new Set([built.manifest.digest]);
    const failure = await failureOf(
      surveyArchive(archive([{ content: built, names: [] }], { layout: 'oci', omit })),
    );
    expect(failure).toMatchObject({ code: 'BLOB_MISSING', facts: { digests: [built.manifest.digest] } });
  });

  it('refuses a config with another number of layers', async () => {
    const items = dockerV1Items(sample).map((item) =>
      item.name === 'manifest.json'
        ? { ...item, content: String(item.content).replace(/,"[0-9a-f]{64}\/layer\.tar"\]/, ']') }
        : item,
    );
    expect(await failureOf(survey(items))).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('4 layers, and the archive 3'),
    });
  });

  it.each([
    ['no metadata', [{ name: blobName('x'), content: 'x' }]],
    ['a manifest.json of another shape', [{ name: 'manifest.json', content: '{"Config":1}' }]],
    ['an index.json that leads nowhere', [{ name: 'index.json', content: '{"manifests":[]}' }]],
    [
      'a layer in the place of its config',
      [
        { name: blobName('x'), content: 'x' },
        { name: 'manifest.json', content: `[{"Config":"${blobName('x')}","Layers":[]}]` },
      ],
    ],
  ])('refuses an archive with %s', async (_, items) => {
    expect(await failureOf(survey(items))).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('refuses more JSON than it would keep in memory', async () => {
    const items = Array.from({ length: 17 }, (_, index) => {
      const content = `{"${index}":0}`.padEnd(4 * 1024 * 1024);
      return { name: blobName(content), content };
    });
    expect(await failureOf(survey(items))).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('over 64 MiB'),
    });
  });

  it('reads each manifest once, however often and however circularly it is named', async () => {
    const built = await repeatedLayer();
    const descriptor = {
      mediaType: mediaTypes.ociManifest,
      digest: built.manifest.digest,
      size: built.manifest.size,
    };
    const wide = JSON.stringify({ schemaVersion: 2, manifests: Array(1000).fill(descriptor) });
    const wider = JSON.stringify({
      schemaVersion: 2,
      manifests: Array(1000).fill({
        mediaType: mediaTypes.ociIndex,
        digest: digestOf(wide),
        size: wide.length,
      }),
    });
    const root = { mediaType: mediaTypes.ociIndex, digest: digestOf(wider), size: wider.length };
    const items: Item[] = [
      ...(await itemsOf(built)),
      { name: blobName(wide), content: wide },
      { name: blobName(wider), content: wider },
      {
        name: 'index.json',
        content: JSON.stringify({ schemaVersion: 2, manifests: Array(1000).fill(root) }),
      },
    ];
    const { images } = await survey(items);
    expect(images.map(({ image }) => image)).toMatchObject([described(built)]);
  });
});

async function itemsOf({ config, manifest, layers }: Image): Promise<Item[]> {
  const blobs = new Map(
    [config, manifest, ...layers.map(({ blob }) => blob)].map((blob) => [blob.digest, blob]),
  );
  const items: Item[] = [];
  for (const [digest, blob] of blobs) {
    const chunks: Buffer[] = [];
    for await (const chunk of blob.open() as AsyncIterable<Buffer>) chunks.push(chunk);
    items.push({ name: `blobs/sha256/${hex(parseDigest(digest))}`, content: Buffer.concat(chunks) });
  }
  return items;
}

/** What a survey must tell of a fixture. */
function described(built: Image): object {
  return {
    id: built.config.digest,
    configDigest: built.config.digest,
    layers: built.layers.map(({ blob, tar, mediaType }) => ({
      diffId: tar.digest,
      digest: blob.digest,
      mediaType,
      size: blob.size,
    })),
    manifest: { digest: built.manifest.digest, json: built.manifest.bytes.toString() },
  };
}
