import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { proveLayers } from '../../../src/engine/docker/prove-layers.js';
import type { BlobStream } from '../../../src/image/blob.js';
import { type Digest, digestOf } from '../../../src/image/digest.js';
import type { ImageDescription } from '../../../src/image/image.js';
import { inChunks } from '../../wire/samples.js';

const tar = Buffer.alloc(100_000, 'the content of a layer; ');
const zipped = gzipSync(tar);
const configDigest = digestOf('config');

/** An image of one layer, whose blob stands for these diffIDs. */
function imageOf(digest: Digest, ...diffIds: readonly Digest[]): ImageDescription {
  const layers = diffIds.map((diffId) => ({ diffId, digest, mediaType: 'layer' }));
  return {
    id: configDigest,
    configDigest,
    platform: { os: 'linux', architecture: 'amd64' },
    size: 0,
    layers,
  };
}

/** What is handed on of a blob in small chunks, and how that ended. */
async function passedOn(bytes: Buffer, image: ImageDescription, digest = digestOf(bytes)) {
  const blob: BlobStream = { digest, size: bytes.length, offset: 0, content: inChunks(bytes, 100) };
  const came: Buffer[] = [];
  try {
    for await (const { content } of proveLayers(Readable.from([blob]), image))
      for await (const chunk of content) came.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(came), error };
  }
  return { bytes: Buffer.concat(came), error: undefined };
}

describe('a layer', () => {
  it('whose content is of its diffID is handed on whole', async () => {
    expect(await passedOn(zipped, imageOf(digestOf(zipped), digestOf(tar)))).toEqual({
      bytes: zipped,
      error: undefined,
    });
  });

  it('whose content is of another has its last chunk kept back', async () => {
    const { bytes, error } = await passedOn(zipped, imageOf(digestOf(zipped), digestOf('other')));
    expect(error).toMatchObject({
      code: 'IMPORT_UNPROVED',
      facts: { wanted: [digestOf('other')], got: digestOf(tar) },
    });
    expect(bytes.equals(zipped.subarray(0, bytes.length))).toBe(true);
    expect(bytes.length).toBeLessThan(zipped.length);
  });

  it('that stands in two places must be right in both', async () => {
    const digest = digestOf(zipped);
    expect((await passedOn(zipped, imageOf(digest, digestOf(tar), digestOf(tar)))).error).toBeUndefined();
    expect((await passedOn(zipped, imageOf(digest, digestOf(tar), digestOf('other')))).error).toMatchObject({
      code: 'IMPORT_UNPROVED',
    });
  });

  const broken = Buffer.concat([zipped.subarray(0, 50), zipped.subarray(60)]);

  it('that cannot be unpacked has its last chunk kept back', async () => {
    const { bytes, error } = await passedOn(broken, imageOf(digestOf(broken), digestOf(tar)));
    expect(error).toBeInstanceOf(Error);
    expect(bytes.length).toBeLessThan(broken.length);
  });

  it('that cannot be unpacked is unproved', async () => {
    const { error } = await passedOn(broken, imageOf(digestOf(broken), digestOf(tar)));
    expect(error).toMatchObject({ code: 'IMPORT_UNPROVED' });
  });
});

describe('what needs no proof of its content', () => {
  it('is handed on untouched: a layer that is stored as it is, and the config', async () => {
    for (const digest of [digestOf(tar), configDigest]) {
      const content = inChunks(tar, 100);
      const blob: BlobStream = { digest, size: tar.length, offset: 0, content };
      for await (const passed of proveLayers(Readable.from([blob]), imageOf(digestOf(tar), digestOf(tar))))
        expect(passed.content).toBe(content);
    }
  });
});
