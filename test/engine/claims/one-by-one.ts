import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { BlobReader } from '../../../src/engine/port.js';
import { P2pimgError } from '../../../src/error.js';
import type { BlobStream } from '../../../src/image/blob.js';
import { type Digest, digestOf } from '../../../src/image/digest.js';
import { type ImageDescription, missingBlobs } from '../../../src/image/image.js';
import { familiar, parseReference } from '../../../src/image/reference.js';
import { descriptionOf, freshImage, layerOf } from './source.js';
import { failure, give, listed, never, type Subject } from './subject.js';

let names = 0;
const freshName = () => {
  names += 1;
  return parseReference(`one/by-one:${names}`);
};

/** An image with a name, of layers that no engine has met. */
async function named({ engine, platform }: Subject) {
  const seed = randomUUID();
  const image = await freshImage(
    platform,
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((text) => layerOf(`${text} ${seed}`)),
  );
  const id = await give(engine, image);
  await engine.tag(id, freshName());
  const described = await engine.describe(id, platform, never);
  return { engine, image, described, all: missingBlobs(described, new Map()) };
}

/** What engines do that give single blobs; of the others, that they say so. */
export function claimSingleBlobs(subject: () => Subject): void {
  const canRead = async () => {
    const { engine } = subject();
    const { store } = await engine.identify();
    return store === 'layout' || (store === 'containerd' && (await engine.lane()).name === 'loopback');
  };

  test('gives single blobs where it can: several at once, in any order, expected or not', async () => {
    const { engine, described, all } = await named(subject());
    const reader = await engine.reader(described);
    expect(reader !== undefined).toBe(await canRead());
    if (reader === undefined) return;
    reader.begin(new Set(all.slice(1, 3)));
    const [last, ...others] = all.toReversed();
    if (last === undefined) throw new Error('an image without blobs');
    expect(await digestIn(reader, last)).toBe(last);
    expect(await Promise.all(others.map((digest) => digestIn(reader, digest)))).toEqual(others);
    expect(await digestIn(reader, last), 'a second time').toBe(last);
    await reader.close();
  });

  test('gives no single blob that its image has not', async () => {
    const { engine, described } = await named(subject());
    const reader = await engine.reader(described);
    if (reader === undefined) return expect(await canRead()).toBe(false);
    reader.begin(new Set());
    expect(await failure(reader.read(digestOf('never')))).toBe('BLOB_MISSING');
    await reader.close();
  });

  test('leaves no name when single blobs are given up in the middle', async () => {
    const { engine, described, all } = await named(subject());
    const before = await namesOf(engine);
    const reader = await engine.reader(described);
    if (reader === undefined) return expect(await canRead()).toBe(false);
    reader.begin(new Set(all));
    const blobs = await Promise.all(all.slice(0, 2).map((digest) => reader.read(digest)));
    for await (const _ of blobs[0]?.content ?? []) break;
    await reader.close();
    expect(await failure(reader.read(all[2] ?? digestOf('')))).not.toBe('nothing failed');
    expect(await namesOf(engine)).toEqual(before);
  });
}

/** What the other engine does that takes single blobs, out of an engine that gives them. */
export function claimPulls(subject: () => Subject): void {
  const pulling = async () => {
    const { engine, other } = subject();
    const { described, image } = await named(subject());
    const reader = await engine.reader(described);
    const puller = await other.puller(described);
    if (reader === undefined || puller === undefined) throw new Error('they give or take none');
    return { other, described, image, reader, puller };
  };

  test('takes an image by its blobs where it can, and can give it on', async () => {
    const { other, described, image, reader, puller } = await pulling();
    const reference = freshName();
    const { id, replaced } = await puller.pull(reading(reader, described), reference, never);
    await reader.close();
    expect(replaced).toBeUndefined();
    const { references } = await listed(other, id);
    expect(references.map(familiar)).toEqual([familiar(reference)]);
    const there = await other.describe(id, described.platform, never);
    expect(there).toMatchObject({ configDigest: described.configDigest, manifest: described.manifest });
    const given = await other.reader(there);
    for (const digest of missingBlobs(descriptionOf(image), new Map()))
      if (given !== undefined) expect(await digestIn(given, digest)).toBe(digest);
    await given?.close();
    expect((await other.puller(described))?.held.size).toBe(described.layers.length);
  });

  test('keeps nothing of an image when its blobs break off, and fails as they did', async () => {
    const { other, described, reader, puller } = await pulling();
    const before = await namesOf(other);
    const top = described.layers.at(-1)?.digest;
    const read = (digest: Digest, offset: number): BlobStream => {
      const blob = reading(reader, described)(digest, offset);
      return digest === top ? { ...blob, content: broken() } : blob;
    };
    const pulled = puller.pull(read, freshName(), never);
    expect(await failure(pulled)).toBe('DIGEST_MISMATCH');
    await reader.close();
    expect(await namesOf(other)).toEqual(before);
  });

  test('keeps nothing of an image when it is stopped while it waits for a blob', async () => {
    const { other, described, reader, puller } = await pulling();
    const before = await namesOf(other);
    const stop = new AbortController();
    const read = (digest: Digest, offset: number): BlobStream => {
      if (digest === described.layers[0]?.digest) stop.abort();
      return reading(reader, described)(digest, offset);
    };
    expect(await failure(puller.pull(read, freshName(), stop.signal))).toBe('INTERRUPTED');
    await reader.close();
    expect(await namesOf(other)).toEqual(before);
  });
}

async function digestIn(reader: BlobReader, digest: Digest): Promise<Digest> {
  return digestOf(await buffer((await reader.read(digest)).content));
}

/** A transfer without a network: the blobs of an image out of a reader. */
function reading(reader: BlobReader, { configDigest, layers, manifest }: ImageDescription) {
  const config = JSON.parse(manifest?.json ?? '{}').config as { size: number };
  return (digest: Digest, offset: number): BlobStream => {
    const size = digest === configDigest ? config.size : layers.find((one) => one.digest === digest)?.size;
    const content = async function* () {
      const bytes = await buffer((await reader.read(digest)).content);
      yield bytes.subarray(offset);
    };
    return { digest, size: size ?? 0, offset, content: content() };
  };
}

async function* broken(): AsyncGenerator<Buffer> {
  yield Buffer.from('a');
  throw new P2pimgError('DIGEST_MISMATCH', 'not what it should be');
}

async function namesOf(engine: Subject['engine']): Promise<string[]> {
  return (await engine.list()).flatMap(({ references }) => references.map(familiar)).toSorted();
}
