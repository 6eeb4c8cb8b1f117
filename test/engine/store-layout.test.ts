import { execFileSync } from 'node:child_process';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/image/digest.js';
import { canonical, parseReference } from '../../src/image/reference.js';
import { archive } from '../fixtures/archive.js';
import { multiPlatform, oneLayer } from '../fixtures/hard-images.js';
import { freshImage } from './claims/source.js';
import { failure, give, listed, never } from './claims/subject.js';
import { blobFile, testFolder, testStore, unpack } from './store-folder.js';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const name = 'docker.io/library/node:20';

async function indexOf(folder: string) {
  return JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
}

describe('opening a folder', () => {
  test('makes an OCI layout in an empty one', async () => {
    const { engine, folder } = await testStore();
    expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    });
    expect((await indexOf(folder)).manifests).toEqual([]);
    expect(await engine.identify()).toMatchObject({
      kind: 'store',
      store: 'layout',
      version: '1.0.0',
      address: `layout:${folder}`,
    });
    expect(await engine.list()).toEqual([]);
  });

  test('refuses one of something else', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'thesis.txt'), 'mine');
    expect(await failure(testStore(folder))).toBe('CONFIG_INVALID');
    expect(await readFile(join(folder, 'thesis.txt'), 'utf8')).toBe('mine');
  });

  test('refuses a layout of another version', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
    expect(await failure(testStore(folder))).toBe('CONFIG_INVALID');
  });

  test('finds again what was imported before', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const id = await give(engine, image);
    await engine.tag(id, parseReference('node:20'));
    await engine.close();
    const again = await testStore(folder);
    expect(await again.engine.list()).toMatchObject([{ id, configDigest: image.config.digest }]);
  });
});

describe('a layout that somebody else made', () => {
  test('docker save unpacked is read, with its names', async () => {
    const folder = await testFolder();
    const image = await oneLayer();
    await unpack(archive([{ content: image, names: [name, 'ghcr.io/a/b:c'] }]), folder);
    // Docker puts manifest.json and more beside the layout's own files.
    const { engine } = await testStore(folder);
    const [found] = await engine.list();
    expect(found?.references.map(canonical)).toEqual([name, 'ghcr.io/a/b:c']);
    expect(found).toMatchObject({ id: image.manifest.digest, configDigest: image.config.digest });
  });

  test.each([
    ['a canonical name', name, name],
    ['a familiar name', 'node:20', name],
    ['a name without a tag', 'node', 'docker.io/library/node:latest'],
    ['what is no name', 'Not A Name', undefined],
  ])('is read where its reference is %s', async (_, written, read) => {
    const folder = await testFolder();
    const image = await oneLayer();
    await unpack(archive([{ content: image, names: [] }]), folder);
    const index = await indexOf(folder);
    index.manifests[0].annotations = { 'org.opencontainers.image.ref.name': written };
    await writeFile(join(folder, 'index.json'), JSON.stringify(index));
    const { engine } = await testStore(folder);
    const [found] = await engine.list();
    expect(found?.references.map(canonical)).toEqual(read === undefined ? [] : [read]);
  });

  test('of two platforms is described for each, and has the index for its ID', async () => {
    const folder = await testFolder();
    const { index, here, elsewhere } = await multiPlatform();
    await unpack(archive([{ content: index, names: [name] }]), folder);
    const { engine } = await testStore(folder);
    const id = parseDigest(index.index.digest);
    expect(await listed(engine, id)).toMatchObject({ platforms: [amd64, arm64] });
    for (const image of [here, elsewhere]) {
      const described = await engine.describe(id, image === here ? amd64 : arm64, never);
      expect(described).toMatchObject({
        configDigest: image.config.digest,
        manifest: { digest: image.manifest.digest },
        index: { digest: index.index.digest },
      });
    }
  });

  test('of which one platform is here is that platform only', async () => {
    const folder = await testFolder();
    const { index, here } = await multiPlatform();
    await unpack(archive([{ content: index, names: [name], present: [here] }]), folder);
    const { engine } = await testStore(folder);
    const id = parseDigest(index.index.digest);
    expect(await listed(engine, id)).toMatchObject({ platforms: [amd64], configDigest: here.config.digest });
    expect(await failure(engine.describe(id, arm64, never))).toBe('OTHER_PLATFORM');
  });

  test('keeps entries and fields that are not known here', async () => {
    const { engine, folder } = await testStore();
    const strange = {
      mediaType: 'application/x',
      digest: `sha512:${'0'.repeat(128)}`,
      size: 1,
      of: 'theirs',
    };
    const index = await indexOf(folder);
    await writeFile(join(folder, 'index.json'), JSON.stringify({ ...index, manifests: [strange], more: 1 }));
    await engine.tag(await give(engine, await freshImage(amd64)), parseReference('node:20'));
    const after = await indexOf(folder);
    expect(after.manifests[0]).toEqual(strange);
    expect(after.more).toBe(1);
    expect(await engine.list()).toHaveLength(1);
  });

  test('with a damaged or missing blob is listed without that image', async () => {
    const { engine, folder } = await testStore();
    const [whole, damaged, lacking] = [
      await freshImage(amd64),
      await freshImage(amd64),
      await freshImage(amd64),
    ];
    const id = await give(engine, whole);
    const other = await give(engine, damaged);
    await give(engine, lacking);
    await writeFile(blobFile(folder, parseDigest(damaged.config.digest)), '{}');
    await truncate(blobFile(folder, parseDigest(lacking.layers[0]?.blob.digest ?? '')), 5);
    expect((await engine.list()).map((image) => image.id)).toEqual([id]);
    expect(await failure(engine.describe(other, amd64, never))).toBe('IMAGE_UNKNOWN');
  });

  test('whose index is damaged is an engine that failed', async () => {
    const { engine, folder } = await testStore();
    await writeFile(join(folder, 'index.json'), '{');
    expect(await failure(engine.list())).toBe('ENGINE_FAILED');
  });

  test('that is gone is an engine that does not answer, and is not made anew', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    await rm(folder, { recursive: true });
    expect(await failure(engine.list())).toBe('ENGINE_UNREACHABLE');
    expect(await failure(give(engine, image))).toBe('ENGINE_UNREACHABLE');
    await expect(readFile(folder)).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(!hasSkopeo())('skopeo', () => {
  const skopeo = (...args: string[]): string =>
    execFileSync('skopeo', args, { encoding: 'utf8', stdio: 'pipe' });

  test('reads an image while the store is open', async () => {
    const { engine, folder } = await testStore();
    const image = await freshImage(amd64);
    const id = await give(engine, image);
    await engine.tag(id, parseReference('node:20'));
    const seen = JSON.parse(skopeo('inspect', `oci:${folder}:${name}`));
    expect(seen).toMatchObject({ Digest: id, Os: 'linux', Architecture: 'amd64' });
    expect(seen.Layers).toEqual(image.layers.map(({ blob }) => blob.digest));
  });

  test('writes images that the store reads, and reads back those that the store wrote', async () => {
    const [one, two] = [await testStore(), await testFolder()];
    const image = await freshImage(amd64);
    await one.engine.tag(await give(one.engine, image), parseReference('node:20'));
    skopeo('copy', '--insecure-policy', `oci:${one.folder}:${name}`, `oci:${two}:node:20`);
    const { engine } = await testStore(two);
    const [found] = await engine.list();
    expect(found?.references.map(canonical)).toEqual([name]);
    expect(found?.configDigest).toBe(image.config.digest);
  });
});

function hasSkopeo(): boolean {
  try {
    execFileSync('skopeo', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
