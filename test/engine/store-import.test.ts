import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as zlib from 'node:zlib';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import type { BlobStream } from '../../src/image/blob.js';
import { digestOf, parseDigest } from '../../src/image/digest.js';
import type { ImageDescription } from '../../src/image/image.js';
import { missingBlobs } from '../../src/image/image.js';
import { mediaTypes, parseManifest } from '../../src/image/manifest.js';
import type { Image } from '../fixtures/image.js';
import { blobsOf, brokenAfter, descriptionOf, freshImage, layerOf } from './claims/source.js';
import { failure, give, never, receive } from './claims/subject.js';
import { blobFile, blobsIn, testFolder, testStore } from './store-folder.js';

const amd64 = { os: 'linux', architecture: 'amd64' };

/** The same image with its first layer compressed otherwise, as another source may have it. */
async function recompressed(
  image: Image,
  compress = (tar: Buffer): Buffer => gzipSync(tar, { level: 9 }),
): Promise<{ description: ImageDescription; blob: Buffer }> {
  const description = descriptionOf(image);
  const [first, ...rest] = description.layers;
  const tar = image.layers[0]?.tar;
  if (first === undefined || tar === undefined) throw new Error('an image without layers');
  const blob = compress(await buffer(tar.open()));
  const layer = { ...first, digest: digestOf(blob), size: blob.length };
  return { description: { ...description, manifest: undefined, layers: [layer, ...rest] }, blob };
}

describe('a manifest', () => {
  test('is kept as its source has it, where all its blobs are here', async () => {
    const { engine } = await testStore();
    const image = await freshImage(amd64);
    const id = await give(engine, image);
    expect(id).toBe(image.manifest.digest);
    expect((await engine.describe(id, amd64, never)).manifest?.json).toBe(image.manifest.bytes.toString());
  });

  test('is made of the blobs that came where the source has none', async () => {
    const { engine } = await testStore();
    const image = await freshImage(amd64);
    const described = descriptionOf(image);
    const id = await receive(engine, { ...described, manifest: undefined }, blobsOf(image));
    const { manifest } = await engine.describe(id, amd64, never);
    const parsed = parseManifest(manifest?.json ?? '');
    expect(parsed.type === 'manifest' && parsed.manifest.layers).toEqual(
      image.layers.map(({ mediaType, blob }) => ({ mediaType, digest: blob.digest, size: blob.size })),
    );
  });

  test('is made anew where a layer is here as another blob', async () => {
    const { engine, folder } = await testStore();
    const base = layerOf(`base ${randomUUID()}`);
    const first = await freshImage(amd64, [base]);
    await give(engine, first);
    const image = await freshImage(amd64, [base, layerOf('above')]);
    const { description } = await recompressed(image);
    const { layers } = await engine.hold(description, never);
    expect([...layers.values()]).toMatchObject([
      { type: 'blob', blob: { digest: first.layers[0]?.blob.digest } },
    ]);
    const id = await engine.import(
      description,
      layers,
      blobsOf(image, missingBlobs(description, layers)),
      never,
    );
    const described = await engine.describe(id, amd64, never);
    expect(described.configDigest).toBe(image.config.digest);
    expect(described.layers[0]?.digest).toBe(first.layers[0]?.blob.digest);
    expect((await blobsIn(folder)).damaged).toEqual([]);
  });

  test('that is not its digest is refused', async () => {
    const { engine } = await testStore();
    const image = await freshImage(amd64);
    const described = descriptionOf(image);
    const manifest = { mediaType: '', digest: digestOf('other'), json: image.manifest.bytes.toString() };
    expect(await failure(receive(engine, { ...described, manifest }, blobsOf(image)))).toBe(
      'DIGEST_MISMATCH',
    );
  });
});

describe('a layer that is here already', () => {
  test('counts only when it is proved, where no image names it', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const described = descriptionOf(image);
    for (const { blob } of image.layers)
      await writeFile(blobFile(folder, parseDigest(blob.digest)), await buffer(blob.open()));
    expect((await engine.hold(described, never)).layers.size).toBe(2);

    const lie = {
      ...described,
      layers: described.layers.map((layer) => ({ ...layer, diffId: digestOf('lie') })),
    };
    expect((await engine.hold(lie, never)).layers.size).toBe(0);
    await writeFile(blobFile(folder, described.layers[0]?.digest ?? digestOf('')), 'damaged');
    expect((await engine.hold(described, never)).layers.size).toBe(1);
  });

  test('fails the import when it has gone meanwhile', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    await give(engine, image);
    const described = descriptionOf(image);
    const { layers } = await engine.hold(described, never);
    await rm(blobFile(folder, described.layers[0]?.digest ?? digestOf('')));
    const blobs = blobsOf(image, [described.configDigest]);
    expect(await failure(engine.import(described, layers, blobs, never))).toBe('IMPORT_UNPROVED');
  });

  test('is replaced by what comes, where it is damaged', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    await give(engine, image);
    const path = blobFile(folder, parseDigest(image.layers[0]?.blob.digest ?? ''));
    await writeFile(path, 'damaged');
    await receive(engine, descriptionOf(image), blobsOf(image));
    expect((await blobsIn(folder)).damaged).toEqual([]);
  });
});

describe('a compressed layer', () => {
  const imported = async (compress: (tar: Buffer) => Buffer): Promise<string> => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64, [layerOf(`compressed ${randomUUID()}`)]);
    const { description, blob } = await recompressed(image, compress);
    const [layer] = description.layers;
    const blobs = async function* (): AsyncGenerator<BlobStream> {
      yield* blobsOf(image, [description.configDigest]);
      const content = Readable.from([blob.subarray(0, 1), blob.subarray(1, 3), blob.subarray(3)]);
      yield { digest: digestOf(blob), size: blob.length, offset: 0, content };
    };
    const code = await failure(receive(engine, description, blobs()));
    const kept = (await blobsIn(folder)).names.includes(layer?.digest.slice(7) ?? '');
    return `${code}, ${kept ? 'kept' : 'not kept'}`;
  };

  test('is proved by what it unpacks to, in however small pieces it comes', async () => {
    expect(await imported((tar) => gzipSync(tar))).toBe('nothing failed, kept');
  });

  test('is refused where it unpacks to other content, or breaks off', async () => {
    expect(await imported(() => gzipSync('other'))).toBe('DIGEST_MISMATCH, not kept');
    expect(await imported((tar) => gzipSync(tar).subarray(0, -9))).toBe('DIGEST_MISMATCH, not kept');
    expect(await imported((tar) => Buffer.concat([gzipSync(tar).subarray(0, 20), tar]))).toBe(
      'DIGEST_MISMATCH, not kept',
    );
  });

  test('of zstd is proved where this Node can unpack it, and refused where not', async ({ skip }) => {
    const zstd = await import('@toondepauw/node-zstd').catch(() => skip('no encoder'));
    const expected = 'createZstdDecompress' in zlib ? 'nothing failed, kept' : 'ENGINE_FAILED, not kept';
    expect(await imported((tar) => new zstd.Encoder(3).encodeSync(tar))).toBe(expected);
  });
});

describe('a failed import', () => {
  test('leaves no file', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const lost = new P2pimgError('PEER_LOST', 'gone');
    const blobs = brokenAfter(blobsOf(image), 2, () => Promise.reject(lost));
    expect(await failure(receive(engine, descriptionOf(image), blobs))).toBe('PEER_LOST');
    expect((await blobsIn(folder)).names).toEqual([]);
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  });

  test('takes back what stood in the layout, but nothing that stood there before', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const shared = image.layers[0]?.blob;
    if (shared === undefined) throw new Error('an image without layers');
    await writeFile(blobFile(folder, parseDigest(shared.digest)), await buffer(shared.open()));
    // A manifest with a wrong size in it shows only when all blobs are there.
    const json = JSON.stringify(
      JSON.parse(image.manifest.bytes.toString(), (key, value) => (key === 'size' ? value + 1 : value)),
    );
    const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf(json), json };
    const described = { ...descriptionOf(image), manifest };
    expect(await failure(receive(engine, described, blobsOf(image)))).toBe('IMPORT_UNPROVED');
    expect((await blobsIn(folder)).names).toEqual([shared.digest.slice(7)]);
  });

  test('says so when the disk is full', async ({ skip }) => {
    const folder = await testFolder();
    if (!mounted(folder)) skip('no rights to mount a small disk');
    const { engine } = await testStore(folder);
    const image = await freshImage(amd64, [
      { entries: [{ type: 'file', path: 'big', content: { random: 3_000_000 } }] },
    ]);
    expect(await failure(receive(engine, descriptionOf(image), blobsOf(image)))).toBe('NO_SPACE');
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
    const small = await freshImage(amd64);
    await give(engine, small);
  });

  test('is told by closing the store, which waits for it', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const waiting = new Promise<void>((resolve) => {
      const blobs = brokenAfter(blobsOf(image), 1, () => {
        resolve();
        return new Promise(() => {});
      });
      failure(receive(engine, descriptionOf(image), blobs));
    });
    await waiting;
    await engine.close();
    expect(await readdir(join(folder, 'ingest'))).toEqual([]);
  });
});

function mounted(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    return true;
  } catch {
    return false;
  }
}
