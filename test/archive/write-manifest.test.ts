import { describe, expect, it } from 'vitest';
import { type Digest, digestOf, hex } from '../../src/image/digest.js';
import type { HeldLayer } from '../../src/image/image.js';
import { mediaTypes } from '../../src/image/manifest.js';
import { blobName, failureOf } from './samples.js';
import { docker, indexOver, none, sample, stored, without, write } from './writing.js';

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

function heldBlob(content: string, mediaType: string): HeldLayer {
  return { type: 'blob', blob: { mediaType, digest: digestOf(content), size: content.length } };
}
