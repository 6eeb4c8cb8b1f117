import { describe, expect, it } from 'vitest';
import { readContents } from '../../src/archive/contents.js';
import type { ArchiveEntry } from '../../src/archive/entry.js';
import { endOfArchive, fileHeader } from '../../src/archive/tar-block.js';
import { digestOf } from '../../src/image/digest.js';
import { maximumMetadataSize } from '../../src/image/manifest.js';
import { entriesOf, tarOf } from '../archive/samples.js';

const unsound = expect.objectContaining({ code: 'ARCHIVE_INVALID' });

describe('an archive', () => {
  it.each<[string, number, (size: number) => Promise<Buffer>]>([
    [
      'entries',
      10_000,
      async (size) =>
        Buffer.concat([...Array.from({ length: size }, (_, at) => fileHeader(`${at}`, 0)), endOfArchive]),
    ],
    ['characters of a name', 255, (size) => tarOf([{ name: `blobs/${'x'.repeat(size - 6)}`, content: 'x' }])],
    [
      'bytes of metadata',
      maximumMetadataSize,
      (size) => tarOf([{ name: 'index.json', content: `"${'x'.repeat(size - 2)}"` }]),
    ],
    [
      'levels of its metadata',
      64,
      (size) => tarOf([{ name: 'index.json', content: '['.repeat(size) + ']'.repeat(size) }]),
    ],
  ])('is read with as many %s as are allowed (%d), and not with one more', async (_, most, make) => {
    await entriesOf(await make(most));
    await expect(entriesOf(await make(most + 1))).rejects.toEqual(unsound);
  });

  it('is surveyed with 64 MiB of JSON in all, and not with a byte more', async () => {
    const json = Buffer.alloc(maximumMetadataSize, '{');
    const digest = digestOf(json);
    async function* content(bytes: Buffer): AsyncGenerator<Buffer> {
      yield bytes;
    }
    async function* entries(more: number): AsyncGenerator<ArchiveEntry> {
      const kind = { type: 'blob', digest } as const;
      for (let at = 0; at < 16; at += 1)
        yield { ...kind, name: `${at}`, at, size: json.length, content: content(json) };
      const rest = json.subarray(0, more);
      yield {
        type: 'blob',
        digest: digestOf(rest),
        name: 'rest',
        at: 16,
        size: more,
        content: content(rest),
      };
    }
    expect((await readContents(entries(0), 'blobs')).files.size).toBe(17);
    await expect(readContents(entries(1), 'blobs')).rejects.toEqual(unsound);
  });
});
