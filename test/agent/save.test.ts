import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type SaveRequest, saveImages } from '../../src/agent/save.js';
import { surveyArchive } from '../../src/archive/survey.js';
import { ArchiveFile } from '../../src/file/archive-file.js';
import { compressionFor } from '../../src/file/compression.js';
import { canonical } from '../../src/image/reference.js';
import { failureOf, inChunks } from '../archive/samples.js';
import { never, Told, WayHome, wayImage } from './way-home.js';

const base = { base: 200_000 };

async function prepare() {
  const home = await WayHome.make();
  const app = await wayImage('app', { ...base, app: 300_000 });
  const db = await wayImage('db', { ...base, db: 100_000 });
  await home.put('ada', app, 'team/app:1', 'localhost:5000/app:latest');
  await home.put('ada', db, 'team/db:14');
  const told = new Told();
  const save = (file: string, images: readonly string[], signal = never) => {
    const request: SaveRequest = {
      images,
      target: { type: 'file', file: home.file(file) },
      compression: compressionFor(file),
    };
    return saveImages(request, home.machine('ada'), told.emit, signal);
  };
  return { home, app, db, told, save };
}

async function survey(file: string) {
  const archive = await ArchiveFile.open(file);
  try {
    return { ...(await archive.survey(never)), compression: archive.compression };
  } finally {
    await archive.close();
  }
}

describe('a saved archive', () => {
  it.each([
    ['a.tar', 'none'],
    ['a.tar.gz', 'gzip'],
    ['a.tgz', 'gzip'],
    ['a.tar.zst', 'zstd'],
  ])('%s holds the images and their names, and each shared layer once', async (name, compression) => {
    const { home, app, db, save, told } = await prepare();
    await save(name, ['team/app:1', 'team/db:14']);
    const found = await survey(home.file(name));
    expect(found.compression).toBe(compression);
    expect(
      found.images.map(({ image, references }) => [image.configDigest, references.map(canonical)]),
    ).toEqual([
      [app.config.digest, ['docker.io/team/app:1']],
      [db.config.digest, ['docker.io/team/db:14']],
    ]);
    expect(found.images.map(({ image }) => image.manifest?.digest)).toEqual([
      app.manifest.digest,
      db.manifest.digest,
    ]);
    const blobs = new Set(
      [app, db]
        .flatMap(({ config, manifest, layers }) => [config, manifest, ...layers.map(({ blob }) => blob)])
        .map(({ digest }) => digest),
    );
    expect([...found.blobs.keys()].toSorted()).toEqual([...blobs].toSorted());
    expect(told.events.at(-1)).toMatchObject({ type: 'written', file: home.file(name) });
  });

  it('is the same bytes each time', async () => {
    const { home, save } = await prepare();
    for (const ending of ['tar', 'tar.gz', 'tar.zst']) {
      await save(`one.${ending}`, ['team/app:1', 'team/db:14']);
      await save(`two.${ending}`, ['team/app:1', 'team/db:14']);
      expect(
        (await readFile(home.file(`one.${ending}`))).equals(await readFile(home.file(`two.${ending}`))),
      ).toBe(true);
    }
  });

  it('keeps all names of an image that is named by its ID, and has one asked for twice once', async () => {
    const { home, app, save } = await prepare();
    await save('id.tar', [app.config.digest]);
    const names = ['docker.io/team/app:1', 'localhost:5000/app:latest'];
    expect(
      (await survey(home.file('id.tar'))).images.map(({ references }) =>
        references.map(canonical).toSorted(),
      ),
    ).toEqual([names]);
    await save('twice.tar', ['team/app:1', 'localhost:5000/app']);
    expect(
      (await survey(home.file('twice.tar'))).images.map(({ references }) => references.map(canonical)),
    ).toEqual([names]);
  });

  it('can go to a pipe', async () => {
    const { home, app } = await prepare();
    const stream = new PassThrough();
    const request: SaveRequest = {
      images: ['team/app:1'],
      target: { type: 'stream', stream },
      compression: 'none',
    };
    const [bytes] = await Promise.all([
      buffer(stream),
      saveImages(request, home.machine('ada'), () => undefined, never).then(() => stream.end()),
    ]);
    const { images } = await surveyArchive(inChunks(bytes));
    expect(images.map(({ image }) => image.configDigest)).toEqual([app.config.digest]);
  });
});

describe('a save that fails', () => {
  it('leaves what was there, and nothing else', async () => {
    const { home, save } = await prepare();
    await writeFile(home.file('a.tar'), 'before');
    const names = await readdir(home.folder);
    expect(await failureOf(save('a.tar', ['team/app:1', 'team/nobody:1']))).toMatchObject({
      code: 'IMAGE_UNKNOWN',
    });
    const stop = new AbortController();
    stop.abort();
    expect(await failureOf(save('a.tar', ['team/app:1'], stop.signal))).toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await readFile(home.file('a.tar'), 'utf8')).toBe('before');
    expect(await readdir(home.folder)).toEqual(expect.arrayContaining(names));
    expect((await readdir(home.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('says so of a folder that is not there, and of a compression that is not written', async () => {
    const { save } = await prepare();
    expect(await failureOf(save('nowhere/a.tar', ['team/app:1']))).toMatchObject({ code: 'USAGE' });
    expect(() => compressionFor('a.tar.bz2')).toThrow(/no compression that p2pimg writes/);
  });
});

describe('a name that is a link', () => {
  it('stays one, and leads to the new archive', async () => {
    const { home, save } = await prepare();
    await writeFile(home.file('real.tar'), 'before');
    await symlink('real.tar', home.file('link.tar'));
    await save('link.tar', ['team/app:1']);
    expect((await survey(home.file('real.tar'))).images).toHaveLength(1);
  });
});
