import { type Header, pack } from 'tar-stream';
import { expect } from 'vitest';
import { readArchive } from '../../src/archive/read.js';
import { v1Ids } from '../../src/archive/v1-ids.js';
import type { BlobStream } from '../../src/image/blob.js';
import { type Digest, digestOf, hex } from '../../src/image/digest.js';
import type { ImageDescription } from '../../src/image/image.js';
import { mediaTypes } from '../../src/image/manifest.js';

/** One entry of a tar; a file if nothing else is said. */
export interface Item {
  readonly name: string;
  readonly content?: Buffer | string;
  readonly link?: string;
  readonly type?: Header['type'];
}

/** A tar of these entries, made by tar-stream. */
export async function tarOf(items: readonly Item[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', link, type } of items) {
    if (link !== undefined) tar.entry({ name, type: type ?? 'symlink', linkname: link });
    else if (type === undefined) tar.entry({ name }, content);
    else tar.entry({ name, type });
  }
  tar.finalize();
  return bytesOf(tar as AsyncIterable<Buffer>);
}

/** Bytes in chunks of one size, as a network might give them. */
export async function* inChunks(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All that an iterable gives. */
export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** All bytes of a content. */
export async function bytesOf(content: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await listOf(content));
}

/** The entries of an archive, with their content as text. */
export async function entriesOf(bytes: Buffer, chunkSize?: number): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of readArchive(inChunks(bytes, chunkSize)))
    if ('content' in entry) {
      const { at, ...rest } = entry;
      const content = (await bytesOf(entry.content)).toString();
      expect(bytes.toString('utf8', at, at + entry.size)).toBe(content);
      entries.push({ ...rest, content });
    } else entries.push(entry);
  return entries;
}

/** Blobs read to their ends, by digest, in the order in which they came. */
export async function blobsOf(streams: AsyncIterable<BlobStream>): Promise<Map<Digest, Buffer>> {
  const blobs = new Map<Digest, Buffer>();
  for await (const { digest, content } of streams) blobs.set(digest, await bytesOf(content));
  return blobs;
}

/** The code and the facts of what a promise rejects with; `undefined` if it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** An image of uncompressed layers of any bytes, with its blobs. */
export interface Sample {
  readonly image: ImageDescription;
  readonly config: Buffer;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

/** An image whose layers are these bytes. */
export function sampleOf(...layers: readonly (Buffer | string)[]): Sample {
  const contents = layers.map((layer) => Buffer.from(layer));
  const diffIds = contents.map((content) => digestOf(content));
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }),
  );
  const blobs = new Map([config, ...contents].map((content) => [digestOf(content), content]));
  const image = {
    id: digestOf(config),
    configDigest: digestOf(config),
    platform: { os: 'linux', architecture: 'amd64' },
    created: undefined,
    size: [...blobs.values()].reduce((sum, { length }) => sum + length, 0),
    layers: contents.map((content) => ({
      diffId: digestOf(content),
      digest: digestOf(content),
      mediaType: mediaTypes.ociLayer,
      size: content.length,
    })),
    manifest: undefined,
    index: undefined,
  };
  return { image, config, blobs };
}

/** What Docker up to 24 saves of a sample; `topId` is the name of the topmost layer, which nobody can compute. */
export function dockerV1Items({ image, config, blobs }: Sample, topId = 'f'.repeat(64)): Item[] {
  const ids = [...v1Ids(image.layers.map(({ diffId }) => diffId)), topId];
  const first = new Map<Digest, string>();
  const folders = image.layers.map(({ diffId }, index): [string, Item[]] => {
    const id = ids[index] ?? '';
    const twin = first.get(diffId);
    first.set(diffId, twin ?? id);
    const layer =
      twin === undefined
        ? { name: `${id}/layer.tar`, content: blobs.get(diffId) ?? '' }
        : { name: `${id}/layer.tar`, link: `../${twin}/layer.tar` };
    return [
      id,
      [
        { name: `${id}/`, type: 'directory' },
        { name: `${id}/VERSION`, content: '1.0' },
        { name: `${id}/json`, content: '{}' },
        layer,
      ],
    ];
  });
  const configName = `${hex(image.configDigest)}.json`;
  const sorted = [
    ...new Map<string, Item[]>([...folders, [configName, [{ name: configName, content: config }]]]),
  ]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, items]) => items);
  const manifest = [{ Config: configName, RepoTags: ['app:1'], Layers: ids.map((id) => `${id}/layer.tar`) }];
  return [
    ...sorted,
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'repositories', content: JSON.stringify({ app: { 1: topId } }) },
  ];
}

/** What Docker from 25 on saves of a sample with the classic store. */
export function dockerOciItems({ image, config, blobs }: Sample): Item[] {
  const legacy = Buffer.from('{"created":"1970-01-01T00:00:00Z"}');
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: image.configDigest, size: config.length },
      layers: image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    }),
  );
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length };
  const name = {
    'io.containerd.image.name': 'docker.io/library/app:1',
    'org.opencontainers.image.ref.name': '1',
  };
  const all = [...blobs.values(), legacy, manifest].map((content) => ({ name: blobName(content), content }));
  return [
    { name: 'blobs/', type: 'directory' },
    { name: 'blobs/sha256/', type: 'directory' },
    ...all.sort((a, b) => (a.name < b.name ? -1 : 1)),
    {
      name: 'index.json',
      content: JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, annotations: name }] }),
    },
    {
      name: 'manifest.json',
      content: JSON.stringify([
        {
          Config: `blobs/sha256/${hex(image.configDigest)}`,
          RepoTags: ['app:1'],
          Layers: image.layers.map(({ digest }) => `blobs/sha256/${hex(digest)}`),
        },
      ]),
    },
    { name: 'oci-layout', content: '{"imageLayoutVersion": "1.0.0"}' },
    { name: 'repositories', content: '{"app":{"1":"abc"}}' },
  ];
}

/** What Podman saves of a sample in Docker's form. */
export function podmanItems({ image, config, blobs }: Sample): Item[] {
  const layers = new Map(image.layers.map(({ diffId }) => [diffId, blobs.get(diffId) ?? Buffer.alloc(0)]));
  const configName = `${hex(image.configDigest)}.json`;
  return [
    ...[...layers].map(([digest, content]) => ({ name: `${hex(digest)}.tar`, content })),
    { name: configName, content: config },
    ...image.layers.flatMap(({ diffId }, index) => {
      const id = hex(digestOf(`podman ${index}`));
      return [
        { name: `${id}/layer.tar`, link: `../${hex(diffId)}.tar` },
        { name: `${id}/VERSION`, content: '1.0' },
        { name: `${id}/json`, content: '{}' },
      ];
    }),
    {
      name: 'manifest.json',
      content: JSON.stringify([
        {
          Config: configName,
          RepoTags: ['localhost/app:1'],
          Layers: image.layers.map(({ diffId }) => `${hex(diffId)}.tar`),
        },
      ]),
    },
    { name: 'repositories', content: '{"localhost/app":{"1":"abc"}}' },
  ];
}

/** `blobs/sha256/<hex>` of a content. */
export function blobName(content: Buffer | string): string {
  return `blobs/sha256/${hex(digestOf(content))}`;
}

/** Blobs as a source gives them, in the order of the map. */
export async function* streamsOf(
  blobs: ReadonlyMap<Digest, Buffer>,
  chunkSize = 7,
): AsyncGenerator<BlobStream> {
  for (const [digest, content] of blobs)
    yield { digest, size: content.length, offset: 0, content: inChunks(content, chunkSize) };
}
