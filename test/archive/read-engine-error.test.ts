import { describe, expect, it } from 'vitest';
import { readArchive } from '../../src/archive/read.js';
import { blobName, bytesOf, entriesOf, failureOf, listOf, tarOf } from './samples.js';
import { watched } from './watched.js';

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
