import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { endOfArchive, fileHeader, padding } from '../../src/archive/tar-block.js';
import { tarOf } from './samples.js';

function headerIn(block: Buffer): Promise<Header> {
  return new Promise((resolve, reject) => {
    const tar = extract();
    tar.on('entry', (header) => {
      resolve(header);
      tar.destroy();
    });
    tar.on('error', reject);
    tar.write(block);
  });
}

describe('fileHeader', () => {
  it('says name and size to another reader, also beyond 8 GiB', async () => {
    const size = fc.oneof(fc.nat(), fc.integer({ min: 8 ** 11 - 2, max: 8 ** 11 + 2 }), fc.maxSafeNat());
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z0-9./-]{1,99}[a-z]$/), size, async (name, bytes) => {
        const header = await headerIn(fileHeader(name, bytes));
        expect(header).toMatchObject({ name, size: bytes, type: 'file', mode: 0o644, uid: 0, gid: 0 });
        expect(header.mtime.getTime()).toBe(0);
      }),
    );
  });
});

describe('padding', () => {
  it('makes an archive as long as another writer does', async () => {
    for (const size of [0, 1, 511, 512, 513, 1024]) {
      const own = fileHeader('x', size).length + size + padding(size).length + endOfArchive.length;
      expect(own).toBe((await tarOf([{ name: 'x', content: Buffer.alloc(size, 'x') }])).length);
    }
  });
});
