import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readArchive } from '../../src/archive/read.js';
import { endOfArchive, fileHeader } from '../../src/archive/tar-block.js';
import { P2pimgError } from '../../src/error.js';
import { digestOf, hex } from '../../src/image/digest.js';
import {
  blobName,
  bytesOf,
  dockerOciItems,
  dockerV1Items,
  entriesOf,
  failureOf,
  type Item,
  inChunks,
  listOf,
  podmanItems,
  sampleOf,
  tarOf,
} from './samples.js';

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

describe('a hostile archive', () => {
  const blob: Item = { name: blobName('x'), content: 'x' };
  const refused: [string, Item[], RegExp][] = [
    ['a name that leads upward', [{ name: '../etc/passwd', content: 'x' }], /leads out/],
    ['a name that leads upward further in', [{ name: 'blobs/../../x', content: 'x' }], /leads out/],
    ['a folder that leads upward', [{ name: '../', type: 'directory' }], /leads out/],
    ['an absolute name', [{ name: '/etc/passwd', content: 'x' }], /absolute/],
    ['a name too long', [{ name: 'x'.repeat(300), content: 'x' }], /too long/],
    ['a link to a file outside', [{ name: `${id('a')}/layer.tar`, link: '/etc/shadow' }], /link/],
    ['a link upward', [{ name: `${id('a')}/layer.tar`, link: `../../${id('b')}/layer.tar` }], /link/],
    ['a link that is no layer', [{ name: 'manifest.json', link: `../${id('b')}/layer.tar` }], /link/],
    [
      'a hard link',
      [{ name: `${id('a')}/layer.tar`, link: `../${id('b')}/layer.tar`, type: 'link' }],
      /a link/,
    ],
    ['a device', [{ name: 'blobs/sda', type: 'block-device' }], /block-device/],
    ['a pipe', [{ name: 'blobs/pipe', type: 'fifo' }], /fifo/],
    ['an entry twice', [blob, blob], /twice/],
    ['an entry twice by two spellings', [blob, { ...blob, name: `./${blob.name}` }], /twice/],
    ['broken JSON', [{ name: 'manifest.json', content: '[{' }], /not JSON/],
    [
      'metadata without an end',
      [{ name: 'index.json', content: `"${'x'.repeat(4 * 1024 * 1024)}"` }],
      /over 4 MiB/,
    ],
  ];

  it.each(refused)('is refused for %s, which is named', async (_, items, why) => {
    const failure = await failureOf(entriesOf(await tarOf(items)));
    expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringMatching(why) });
    const name = items[0]?.name.slice(0, 300) ?? '';
    expect(failure).toMatchObject({ facts: { entry: items.length > 1 ? blob.name : name } });
  });

  it('is refused for more entries than an archive has', async () => {
    const headers = Array.from({ length: 10_001 }, (_, index) => fileHeader(`file-${index}`, 0));
    const failure = await failureOf(entriesOf(Buffer.concat([...headers, endOfArchive])));
    expect(failure).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('10000 entries'),
    });
    await expect(entriesOf(Buffer.concat([...headers.slice(1), endOfArchive]))).resolves.toEqual([]);
  });

  it.each([
    ['negative', Buffer.from([...Array(11).fill(0xff), 0]), /Invalid header/],
    ['beyond any disk', Buffer.from([0x80, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0]), /size cannot be/],
    ['no number', Buffer.from('zzzzzzzzzzz\0'), /Invalid header/],
  ])('is refused for a size that is %s', async (_, size, why) => {
    const tar = Buffer.concat([withSize(fileHeader(blobName('x'), 1), size), Buffer.alloc(4096)]);
    const failure = await failureOf(entriesOf(tar));
    expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringMatching(why) });
  });

  it.each([0, 1, 100, 512, 700, 1024, 1500, 2048])(
    'is refused when it breaks off after %i bytes',
    async (length) => {
      const tar = await tarOf([
        { name: blobName('x'), content: Buffer.alloc(512, 'x') },
        { name: blobName('y'), content: 'y' },
      ]);
      expect(tar.length).toBe(2048 + 1024);
      const failure = await failureOf(entriesOf(tar.subarray(0, length)));
      const why = length === 0 ? /it is empty/ : /it breaks off/;
      expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringMatching(why) });
    },
  );

  it('is refused when it breaks off after content that ends in zeros, as layers do', async () => {
    const tar = await tarOf([{ name: blobName('x'), content: Buffer.alloc(2048) }]);
    const failure = await failureOf(entriesOf(tar.subarray(0, 512 + 2048)));
    expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringMatching(/breaks off/) });
  });

  it('is refused when it is no tar', async () => {
    const failure = await failureOf(entriesOf(Buffer.alloc(10_000, 'no tar at all, ')));
    expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringMatching(/no tar/) });
  });

  it('is refused at once, though the source stalls', async () => {
    const stalled = new PassThrough();
    stalled.write(Buffer.alloc(1024, 'no tar at all, '));
    expect(await failureOf(listOf(readArchive(stalled)))).toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(stalled.destroyed).toBe(true);
  });

  it('never does anything but be read or be refused, whatever its bytes', async () => {
    const tar = await tarOf([
      ...dockerV1Items(sample),
      { name: `long/${'n'.repeat(200)}`, content: 'with a PAX header' },
    ]);
    const change = fc.record({
      at: fc.nat(tar.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, isSummed) => {
          const hostile = Buffer.from(tar);
          for (const { at, bytes } of changes) hostile.set(bytes.subarray(0, hostile.length - at), at);
          if (isSummed) for (let at = 0; at < hostile.length; at += 512) sum(hostile.subarray(at, at + 512));
          const failure = await failureOf(entriesOf(hostile, 600));
          if (failure !== undefined) expect(failure).toBeInstanceOf(P2pimgError);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("an engine's error in the stream", () => {
  const detail = '{"errorDetail":{"message":"layer gone"},"error":"layer gone"}\r\n';
  const long = `{"errorDetail":{"message":"${'x'.repeat(3000)}layer gone"},"error":"layer gone"}\r\n`;
  const cases: [string, string][] = [
    ['a short one', detail],
    ['a long one', long],
    ['one of 512 bytes', `{"message":"layer gone${'.'.repeat(512 - 24)}"}`],
    ["Docker's plain one", '{"message":"layer gone"}\n'],
    ["Podman's", '{"cause":"layer gone","message":"layer gone","response":500}\n'],
  ];

  it.each(cases)('is told instead of the tar: %s', async (_, text) => {
    for (const size of [100, 512, 65_536]) {
      const failure = await failureOf(entriesOf(Buffer.from(text), size));
      expect(failure).toMatchObject({
        code: 'ENGINE_FAILED',
        message: expect.stringContaining('layer gone'),
      });
    }
  });

  it.each(cases)('is told wherever in the tar it begins: %s', async (_, text) => {
    const tar = await tarOf([
      { name: blobName('x'), content: Buffer.alloc(5000, 'x') },
      { name: 'oci-layout', content: '{}' },
    ]);
    for (const at of [512, 1000, 3000, 5632, 6656, 7168, tar.length]) {
      const broken = Buffer.concat([tar.subarray(0, at), Buffer.from(text)]);
      for (const size of [500, 65_536]) {
        const failure = await failureOf(entriesOf(broken, size));
        expect(failure).toMatchObject({
          code: 'ENGINE_FAILED',
          message: expect.stringContaining('layer gone'),
        });
      }
    }
  });

  it('is not seen in JSON that is content', async () => {
    const tar = await tarOf([{ name: blobName(detail), content: detail }]);
    expect(await entriesOf(tar)).toHaveLength(1);
    const failure = await failureOf(entriesOf(tar.subarray(0, 512 + 512)));
    expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('does not hide what the source itself throws', async () => {
    const broken = new Error('ECONNRESET');
    async function* breaking(): AsyncGenerator<Buffer> {
      yield (await tarOf([{ name: blobName('x'), content: 'x' }])).subarray(0, 512);
      throw broken;
    }
    expect(await failureOf(listOf(readArchive(breaking())))).toBe(broken);
    for await (const entry of readArchive(watched(breaking()).bytes)) {
      if (entry.type !== 'blob') continue;
      expect(await failureOf(bytesOf(entry.content))).toBe(broken);
      break;
    }
  });
});

function withSize(header: Buffer, size: Buffer): Buffer {
  size.copy(header, 124);
  return sum(header);
}

/** Makes a header's checksum right again. */
function sum(header: Buffer): Buffer {
  header.write('        ', 148);
  const total = header.reduce((all, byte) => all + byte, 0);
  header.write(`${total.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function watched(bytes: AsyncIterable<Buffer>): {
  bytes: AsyncIterable<Buffer>;
  given: () => number;
  ended: () => boolean;
} {
  let given = 0;
  let ended = false;
  async function* counting(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of bytes) {
        given += 1;
        yield chunk;
      }
    } finally {
      ended = true;
    }
  }
  return { bytes: counting(), given: () => given, ended: () => ended };
}
