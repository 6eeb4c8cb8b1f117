import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArchive } from '../../src/archive/read.js';
import { endOfArchive, fileHeader } from '../../src/archive/tar-block.js';
import { P2pimgError } from '../../src/error.js';
import {
  blobName,
  dockerV1Items,
  entriesOf,
  failureOf,
  type Item,
  listOf,
  sampleOf,
  tarOf,
} from './samples.js';

const sample = sampleOf('lower', 'upper', 'lower');
const id = (digit: string): string => digit.repeat(64);

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

  it('is refused when it breaks off within its end marker', async () => {
    const tar = await tarOf([{ name: blobName('x'), content: 'x' }]);
    for (const cut of [1, 511, 512, 513, 1023]) {
      const failure = await failureOf(entriesOf(tar.subarray(0, -cut)));
      expect(failure).toMatchObject({
        code: 'ARCHIVE_INVALID',
        message: expect.stringMatching(/breaks off/),
      });
    }
  });

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
