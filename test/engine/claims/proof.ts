import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { P2pimgError } from '../../../src/error.js';
import type { BlobStream } from '../../../src/image/blob.js';
import { digestOf, parseDigest } from '../../../src/image/digest.js';
import type { ImageDescription, ListedImage } from '../../../src/image/image.js';
import type { Image } from '../../fixtures/image.js';
import { altered, blobsOf, brokenAfter, descriptionOf, freshImage, layerOf } from './source.js';
import { catalogue, failure, never, receive, type Subject } from './subject.js';

/** What an engine refuses, and that nothing of it stays. */
export function claimProof(subject: () => Subject): void {
  let image: Image;
  let description: ImageDescription;
  let before: ListedImage[];
  beforeEach(async () => {
    image = await freshImage(subject().platform);
    description = descriptionOf(image);
    before = await catalogue(subject().engine);
  });

  const refused = async (
    blobs: AsyncIterable<BlobStream>,
    described: ImageDescription = description,
    signal: AbortSignal = never,
  ): Promise<string> => {
    const { engine } = subject();
    const code = await failure(receive(engine, described, blobs, signal));
    expect(await catalogue(engine)).toEqual(before);
    return code;
  };
  const layer = () => parseDigest(image.layers[1]?.blob.digest ?? '');
  const config = () => description.configDigest;
  const flip = (bytes: Buffer): Buffer => {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    return flipped;
  };

  test('refuses a layer with one other bit', async () => {
    expect(await refused(altered(blobsOf(image), layer(), flip))).not.toBe('nothing failed');
  });

  test('refuses a config with one other bit', async () => {
    expect(await refused(altered(blobsOf(image), config(), flip))).not.toBe('nothing failed');
  });

  test('refuses a blob that is too long', async () => {
    const longer = altered(blobsOf(image), layer(), (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]));
    expect(await refused(longer)).toBe('SIZE_MISMATCH');
  });

  test('refuses a blob that is too short', async () => {
    const shorter = altered(blobsOf(image), layer(), (bytes) => bytes.subarray(0, -1));
    expect(await refused(shorter)).toBe('SIZE_MISMATCH');
  });

  test('refuses an image without one of its layers', async () => {
    expect(await refused(blobsOf(image, [config()]))).not.toBe('nothing failed');
  });

  test('refuses an image without its config', async () => {
    const layers = description.layers.map(({ digest }) => digest);
    expect(await refused(blobsOf(image, layers))).not.toBe('nothing failed');
  });

  test('refuses an image whose config is another one', async () => {
    const other = await freshImage(subject().platform);
    const configDigest = parseDigest(other.config.digest);
    const blobs = async function* (): AsyncGenerator<BlobStream> {
      yield* blobsOf(
        image,
        description.layers.map(({ digest }) => digest),
      );
      yield* blobsOf(other, [configDigest]);
    };
    const { manifest: _, ...described } = description;
    expect(await refused(blobs(), { ...described, configDigest })).not.toBe('nothing failed');
  });

  test('refuses a layer of another diffID than the config says', async () => {
    const lie = await freshImage(subject().platform, [layerOf(`lie ${randomUUID()}`)]);
    const stranger = await freshImage(subject().platform, [layerOf(`truth ${randomUUID()}`)]);
    const truth = descriptionOf(stranger);
    const lying = descriptionOf(lie);
    const described = {
      ...lying,
      manifest: undefined,
      layers: lying.layers.map(({ diffId }, at) => ({
        ...(truth.layers[at] ?? { mediaType: '', digest: diffId }),
        diffId,
      })),
    };
    const blobs = async function* (): AsyncGenerator<BlobStream> {
      yield* blobsOf(
        stranger,
        truth.layers.map(({ digest }) => digest),
      );
      yield* blobsOf(lie, [lying.configDigest]);
    };
    expect(await refused(blobs(), described)).not.toBe('nothing failed');
  });

  test('keeps nothing when the blobs break off, and fails as they did', async () => {
    const lost = new P2pimgError('PEER_LOST', 'the peer is gone');
    expect(await refused(brokenAfter(blobsOf(image), 1, () => Promise.reject(lost)))).toBe('PEER_LOST');
  });

  test('keeps nothing when it is stopped while it waits for a blob', async () => {
    const stop = new AbortController();
    const blobs = brokenAfter(blobsOf(image), 1, () => {
      stop.abort();
      return new Promise(() => {});
    });
    expect(await refused(blobs, description, stop.signal)).not.toBe('nothing failed');
  });

  test('keeps nothing when it is stopped in the middle of a blob', async () => {
    const stop = new AbortController();
    const blobs = async function* (): AsyncGenerator<BlobStream> {
      for await (const blob of blobsOf(image)) {
        const content = async function* (): AsyncGenerator<Buffer> {
          for await (const chunk of blob.content) {
            yield chunk.subarray(0, 1);
            stop.abort();
            await new Promise(() => {});
          }
        };
        yield { ...blob, content: content() };
      }
    };
    expect(await refused(blobs(), description, stop.signal)).not.toBe('nothing failed');
  });

  test('imports an image after it refused a bad copy of it', async () => {
    await refused(altered(blobsOf(image), layer(), flip));
    const { engine, platform } = subject();
    const id = await receive(engine, description, blobsOf(image));
    expect((await engine.describe(id, platform, never)).configDigest).toBe(image.config.digest);
    expect(digestOf(image.config.bytes)).toBe(image.config.digest);
  });
}
