import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { readArchive } from '../../src/archive/read.js';
import { fileHeader } from '../../src/archive/tar-block.js';
import { digestOf, hex } from '../../src/image/digest.js';
import {
  blobName,
  bytesOf,
  dockerOciItems,
  dockerV1Items,
  entriesOf,
  inChunks,
  podmanItems,
  sampleOf,
  tarOf,
} from './samples.js';
import { watched } from './watched.js';

const sample = sampleOf('lower', 'upper', 'lower');
const id = (digit: string): string => digit.repeat(64);

describe('the layouts that engines save', () => {
  it("reads Docker 20.10's: layers and links by v1 ID, the config by its digest", async () => {
    const entries = await entriesOf(await tarOf(dockerV1Items(sample, id('f'))));
    const config = hex(sample.image.configDigest);
    expect(entries).toHaveLength(6);
    expect(entries).toContainEqual({
      type: 'named',
      name: `${config}.json`,
      digest: sample.image.configDigest,
      size: sample.config.length,
      content: sample.config.toString(),
    });
    expect(entries).toContainEqual({
      type: 'v1Layer',
      name: expect.stringMatching(/^[0-9a-f]{64}\/layer\.tar$/),
      v1Id: expect.stringMatching(/^[0-9a-f]{64}$/),
      size: 5,
      content: 'lower',
    });
    expect(entries).toContainEqual({
      type: 'v1Link',
      name: `${id('f')}/layer.tar`,
      v1Id: id('f'),
      target: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(entries.at(-1)).toEqual({
      type: 'metadata',
      name: 'repositories',
      text: JSON.stringify({ app: { 1: id('f') } }),
    });
  });

  it("reads Docker 28's: blobs by digest, then the metadata", async () => {
    const entries = await entriesOf(await tarOf(dockerOciItems(sample)));
    expect(entries).toContainEqual({
      type: 'blob',
      name: blobName('upper'),
      digest: digestOf('upper'),
      size: 5,
      content: 'upper',
    });
    expect(entries.slice(-4)).toMatchObject(
      ['index.json', 'manifest.json', 'oci-layout', 'repositories'].map((name) => ({
        type: 'metadata',
        name,
      })),
    );
  });

  it("reads Podman's: layers by digest, without its links", async () => {
    const entries = await entriesOf(await tarOf(podmanItems(sample)));
    expect(entries).toMatchObject([
      { type: 'named', digest: digestOf('lower'), content: 'lower' },
      { type: 'named', digest: digestOf('upper'), content: 'upper' },
      { type: 'named', digest: sample.image.configDigest },
      { type: 'metadata', name: 'manifest.json' },
      { type: 'metadata', name: 'repositories' },
    ]);
  });

  it('reads names that begin with ./, as tar writes them of a folder', async () => {
    const tar = await tarOf([
      { name: './', type: 'directory' },
      { name: `./${blobName('x')}`, content: 'x' },
    ]);
    expect(await entriesOf(tar)).toMatchObject([{ type: 'blob', name: blobName('x'), content: 'x' }]);
  });

  it.each([1, 7, 511, 512, 513, 4096])('reads the same in chunks of %i bytes', async (size) => {
    const tar = await tarOf(dockerV1Items(sample));
    expect(await entriesOf(tar, size)).toEqual(await entriesOf(tar));
  });

  it('gives content as it comes, before the end of the tar', async () => {
    const bytes = new PassThrough();
    const entries = readArchive(bytes);
    const size = 100_000;
    bytes.write(fileHeader(blobName('x'), size));
    bytes.write(Buffer.alloc(1000));
    const { value } = await entries.next();
    if (value?.type !== 'blob') throw new Error('no blob');
    const first = await value.content[Symbol.asyncIterator]().next();
    expect(first.value).toHaveLength(1000);
    await entries.return();
    expect(bytes.destroyed).toBe(true);
  });
});

describe('a consumer', () => {
  const big = Buffer.alloc(300_000, 'x');

  it('may leave contents unread, or read a part', async () => {
    const tar = await tarOf([
      { name: blobName(big), content: big },
      { name: `${id('a')}.tar`, content: big },
      { name: blobName('last'), content: 'last' },
    ]);
    const seen: string[] = [];
    for await (const entry of readArchive(inChunks(tar, 1000))) {
      if (entry.type === 'named') for await (const _ of entry.content) break;
      if (entry.type === 'blob' && entry.size === 4) seen.push((await bytesOf(entry.content)).toString());
      else seen.push(entry.type);
    }
    expect(seen).toEqual(['blob', 'named', 'last']);
  });

  it('may leave the loop, with content half read, and the source ends', async () => {
    const tar = await tarOf([{ name: blobName(big), content: big }]);
    const source = watched(inChunks(tar, 1000));
    for await (const entry of readArchive(source.bytes)) {
      if (entry.type === 'blob') for await (const _ of entry.content) break;
      break;
    }
    await vi.waitFor(() => expect(source.ended()).toBe(true));
    expect(source.given()).toBeLessThan(100);
  });

  it('may leave the loop while a stalled source keeps it waiting', async () => {
    const stalled = new PassThrough();
    stalled.write((await tarOf([{ name: blobName('x'), content: 'x' }])).subarray(0, 1024));
    for await (const _ of readArchive(stalled)) break;
    expect(stalled.destroyed).toBe(true);
  });

  it('keeps the source waiting while it is not reading', async () => {
    const tar = await tarOf([{ name: blobName(big), content: big }]);
    const source = watched(inChunks(tar, 1000));
    const entries = readArchive(source.bytes);
    await entries.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(source.given()).toBeLessThan(40);
    await entries.return();
  });
});
