import { rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Archives } from '../../../src/engine/archives/archives.js';
import type { EngineEvent } from '../../../src/engine/port.js';
import { parseDigest } from '../../../src/image/digest.js';
import { missingBlobs } from '../../../src/image/image.js';
import { compressed } from '../../file/compressed.js';
import { failure, measured, never } from '../claims/subject.js';
import { archiveOf, listedIn, Shelf, shelfImage } from './shelf.js';

const amd64 = { os: 'linux', architecture: 'amd64' };
const patient = { timeout: 20_000 };
const untilListed = (archives: Archives, count: number) =>
  expect.poll(() => archives.list().then(({ length }) => length), patient).toBe(count);
const untilTold = (archives: Archives, reasons: Readonly<Record<string, RegExp>>) =>
  expect
    .poll(() => archives.report().unshared.map(({ file, reason }) => [file, reason]), patient)
    .toEqual(Object.entries(reasons).map(([file, reason]) => [file, expect.stringMatching(reason)]));

describe('a folder of archives', { timeout: 30_000 }, () => {
  it('shares each kind of file as it is, with its names, and proves what it gives', async () => {
    const shelf = await Shelf.make();
    const kinds = [
      ['a.tar', 'none', 'oci+docker'],
      ['b.tar.gz', 'gzip', 'docker'],
      ['c.tgz', 'gzip', 'oci'],
      ['d.tar.bz2', 'bzip2', 'oci+docker'],
      ['e.tar.zst', 'zstd', 'docker'],
    ] as const;
    const images = await Promise.all(kinds.map(([name]) => shelfImage(name)));
    for (const [index, [name, compression, layout]] of kinds.entries()) {
      const image = images[index];
      if (image === undefined) throw new Error('no image');
      const bytes = await archiveOf(image, `docker.io/team/${name.charAt(0)}:1`, layout);
      await shelf.put(name, compressed(bytes, compression));
    }
    const archives = await shelf.open();
    await untilListed(archives, kinds.length);
    expect(await listedIn(archives)).toEqual(
      images
        .map(({ config }, index) => `${config.digest} docker.io/team/${'abcde'.charAt(index)}:1`)
        .toSorted(),
    );
    expect(archives.report()).toEqual({ folder: shelf.folder, shared: kinds.length, unshared: [] });
    for (const { config, diffIds } of images) {
      const described = await archives.describe(parseDigest(config.digest), amd64);
      expect(described.layers.map(({ diffId }) => diffId)).toEqual(diffIds);
      const wanted = new Set(missingBlobs(described, new Map()));
      const { said, got } = await measured(archives.export(described, wanted, never));
      expect(got).toEqual(said);
      expect(new Set(got.map(({ digest }) => digest))).toEqual(wanted);
      const one = new Set([...wanted].slice(-1));
      expect((await measured(archives.export(described, one, never))).got).toHaveLength(1);
    }
  });

  it('names the files that it does not share, with the reason, and shares the others', async () => {
    const shelf = await Shelf.make();
    const whole = await archiveOf(await shelfImage('whole'), 'docker.io/team/app:1');
    await shelf.put('good.tar', whole);
    await shelf.put('half.tar.gz', compressed(whole, 'gzip').subarray(0, 9_000));
    await shelf.put('junk.tar', Buffer.alloc(4096, 'junk'));
    await shelf.put('notes.txt', Buffer.from('no archive'));
    await shelf.put('.hidden.tar', whole);
    const archives = await shelf.open();
    await untilListed(archives, 1);
    await untilTold(archives, { 'half.tar.gz': /breaks off/, 'junk.tar': /no tar/ });
    expect(shelf.troubles).toEqual([
      expect.stringMatching(/half\.tar\.gz is not shared: it breaks off/),
      expect.stringMatching(/junk\.tar is not shared: it is no tar/),
    ]);
  });

  it('shares a file once it is whole, and none that still grows', async () => {
    const shelf = await Shelf.make();
    const whole = await archiveOf(await shelfImage('grows'), 'docker.io/team/app:1');
    const archives = await shelf.open();
    await shelf.put('a.tar', whole.subarray(0, 5_000), 'new');
    await untilTold(archives, { 'a.tar': /for the first time/ });
    await writeFile(shelf.file('a.tar'), whole.subarray(0, 10_000));
    await untilTold(archives, { 'a.tar': /growing/ });
    expect(await archives.list()).toEqual([]);
    // its writer makes a pause
    await untilTold(archives, { 'a.tar': /breaks off/ });
    expect(shelf.troubles).toHaveLength(1);
    await writeFile(shelf.file('a.tar'), whole);
    await untilListed(archives, 1);
    expect(archives.report().unshared).toEqual([]);
  });

  it('follows files that go, and get other names', async () => {
    const shelf = await Shelf.make();
    const images = [await shelfImage('one'), await shelfImage('two')] as const;
    await shelf.put('one.tar', await archiveOf(images[0], 'docker.io/team/one:1'));
    await shelf.put('two.tar', await archiveOf(images[1], 'docker.io/team/two:1'));
    const archives = await shelf.open();
    await untilListed(archives, 2);
    await rm(shelf.file('one.tar'));
    await untilListed(archives, 1);
    await rename(shelf.file('two.tar'), shelf.file('other.tar'));
    await expect.poll(() => archives.report().shared, patient).toBe(1);
    const described = await archives.describe(parseDigest(images[1].config.digest), amd64);
    await expect
      .poll(
        () =>
          measured(archives.export(described, new Set([described.configDigest]), never)).then(
            ({ got }) => got.length,
            () => 0,
          ),
        patient,
      )
      .toBe(1);
  });

  it('remembers what it read, so that the next start shares it at once', async () => {
    const shelf = await Shelf.make();
    const whole = await archiveOf(await shelfImage('kept'), 'docker.io/team/app:1', 'docker');
    await shelf.put('a.tar.zst', compressed(whole, 'zstd'));
    await shelf.put('junk.tar', Buffer.alloc(4096, 'junk'));
    const first = await shelf.open();
    await untilListed(first, 1);
    await untilTold(first, { 'junk.tar': /no tar/ });
    const before = await first.describe((await first.list())[0]?.id ?? parseDigest(''), amd64);
    await first.close();

    const second = await shelf.open();
    expect(await second.list()).toHaveLength(1);
    expect(await second.describe(before.id, amd64)).toEqual(before);
    expect(second.report().unshared.map(({ file, type }) => [file, type])).toEqual([['junk.tar', 'broken']]);
    expect(shelf.troubles).toHaveLength(2);
  });

  it('gives nothing of a file that is another by now, and reads that one', async () => {
    const shelf = await Shelf.make();
    const [before, after] = [await shelfImage('before'), await shelfImage('after')];
    await shelf.put('a.tar', await archiveOf(before, 'docker.io/team/app:1'));
    const archives = await shelf.open();
    await untilListed(archives, 1);
    const described = await archives.describe(parseDigest(before.config.digest), amd64);
    await shelf.put('a.tar', await archiveOf(after, 'docker.io/team/app:1'));
    await utimes(shelf.file('a.tar'), 1_700_000_001, 1_700_000_001);
    const wanted = new Set(missingBlobs(described, new Map()));
    expect(await failure(measured(archives.export(described, wanted, never)))).toBe('IMAGE_UNKNOWN');
    await expect
      .poll(() => listedIn(archives), patient)
      .toEqual([`${after.config.digest} docker.io/team/app:1`]);
  });

  it('stops giving what is damaged behind its back, whatever the file says of itself', async () => {
    const shelf = await Shelf.make();
    const image = await shelfImage('damaged');
    const whole = await archiveOf(image, 'docker.io/team/app:1');
    await shelf.put('a.tar', whole);
    const archives = await shelf.open();
    await untilListed(archives, 1);
    const described = await archives.describe(parseDigest(image.config.digest), amd64);
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf(image.config.bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await shelf.put('a.tar', damaged);
    expect(
      await failure(measured(archives.export(described, new Set([described.configDigest]), never))),
    ).toBe('IMAGE_UNKNOWN');
    await untilTold(archives, { 'a.tar': /hashes to/ });
  });

  it('tells of changes, and of a folder that goes away and comes back', async () => {
    const shelf = await Shelf.make();
    const archives = await shelf.open();
    const stop = new AbortController();
    const told: EngineEvent['type'][] = [];
    const following = (async () => {
      for await (const { type } of archives.events(stop.signal)) told.push(type);
    })();
    await shelf.put('a.tar', await archiveOf(await shelfImage('one'), 'docker.io/team/one:1'));
    await expect.poll(() => told, patient).toEqual(['changed']);
    await rename(shelf.folder, `${shelf.folder}-away`);
    await expect.poll(() => told, patient).toEqual(['changed', 'lost']);
    expect(await failure(archives.list())).toBe('ENGINE_UNREACHABLE');
    await rename(`${shelf.folder}-away`, shelf.folder);
    await expect.poll(() => told, patient).toEqual(['changed', 'lost', 'back']);
    expect(await archives.list()).toHaveLength(1);
    await truncate(shelf.file('a.tar'), 100);
    await expect.poll(() => told, patient).toEqual(['changed', 'lost', 'back', 'changed']);
    stop.abort();
    await following;
  });

  it('takes nothing, and knows what it has not', async () => {
    const shelf = await Shelf.make();
    const image = await shelfImage('only');
    await shelf.put('a.tar', await archiveOf(image, 'docker.io/team/app:1'));
    const archives = await shelf.open();
    await untilListed(archives, 1);
    const id = parseDigest(image.config.digest);
    expect(await failure(archives.import())).toBe('REFUSED');
    expect(await failure(archives.tag())).toBe('REFUSED');
    expect(await failure(archives.describe(id, { os: 'linux', architecture: 's390x' }))).toBe(
      'OTHER_PLATFORM',
    );
    expect(await failure(archives.describe(parseDigest(image.manifest.digest), amd64))).toBe('IMAGE_UNKNOWN');
  });

  it('that is not there is told when it is opened', async () => {
    const shelf = await Shelf.make();
    await rm(shelf.folder, { recursive: true });
    expect(await failure(shelf.open())).toBe('CONFIG_INVALID');
  });
});
