import { readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/image/digest.js';
import { missingBlobs } from '../../src/image/image.js';
import { freshImage } from './claims/source.js';
import { failure, give, measured, never } from './claims/subject.js';
import { blobFile, testStore } from './store-folder.js';

const amd64 = { os: 'linux', architecture: 'amd64' };

describe('an export', () => {
  test('of a damaged blob fails before its last chunk', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const described = await engine.describe(await give(engine, image), amd64, never);
    const { digest = digestOf(''), size = 0 } = described.layers[0] ?? {};
    await writeFile(blobFile(folder, digest), Buffer.alloc(size, 1));
    const got: Buffer[] = [];
    const read = async () => {
      for await (const { content } of engine.export(described, new Set([digest]), never))
        for await (const chunk of content) got.push(chunk);
    };
    expect(await failure(read())).toBe('DIGEST_MISMATCH');
    expect(got).toEqual([]);
  });

  test('of what the image has not, or has no more, fails', async () => {
    const { engine, folder } = await testStore();
    const described = await engine.describe(await give(engine, await freshImage(amd64)), amd64, never);
    expect(await failure(measured(engine.export(described, new Set([digestOf('x')]), never)))).toBe(
      'BLOB_MISSING',
    );
    await rm(blobFile(folder, described.configDigest));
    const wanted = new Set([described.configDigest]);
    expect(await failure(measured(engine.export(described, wanted, never)))).toBe('IMAGE_UNKNOWN');
  });

  test.skipIf(process.platform !== 'linux')('that is left early has closed its file', async () => {
    const { engine, folder } = await testStore();
    const described = await engine.describe(await give(engine, await freshImage(amd64)), amd64, never);
    const wanted = new Set(missingBlobs(described, new Map()));
    for await (const { content } of engine.export(described, wanted, never)) {
      for await (const _ of content) break;
      break;
    }
    const open = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    expect(open.filter((path) => path.startsWith(folder))).toEqual([]);
  });
});
