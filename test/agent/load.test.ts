import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadFile } from '../../src/agent/load.js';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { asP2pimgError } from '../../src/error.js';
import type { Compression } from '../../src/file/compression.js';
import { failureOf } from '../archive/samples.js';
import { compressed } from '../file/compressed.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, buildIndex, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { never, Told, WayHome, wayImage } from './way-home.js';

const compressions: readonly Compression[] = ['none', 'gzip', 'bzip2', 'zstd'];

let app: Image;
let db: Image;
let bytes: Buffer;
beforeAll(async () => {
  app = await wayImage('app', { base: 40_000, app: 20_000 });
  db = await wayImage('db', { base: 40_000, db: 10_000 });
  bytes = await buffer(
    archive([
      { content: app, names: ['docker.io/team/app:1', 'docker.io/team/app:latest'] },
      { content: db, names: ['docker.io/team/db:14'] },
    ]),
  );
});

const stocked = () =>
  [
    `${app.config.digest} docker.io/team/app:1 docker.io/team/app:latest`,
    `${db.config.digest} docker.io/team/db:14`,
  ].toSorted();

async function prepare() {
  const home = await WayHome.make();
  const told = new Told();
  const load = (name: string) =>
    loadFile({ origin: { type: 'file', file: home.file(name) } }, home.machine('bob'), told.emit, never);
  return { home, told, load };
}

describe.each(compressions)('an archive with compression %s', (compression) => {
  it('is loaded with all its images and names, whatever it is called', async () => {
    const { home, told, load } = await prepare();
    await writeFile(home.file('images.bin'), compressed(bytes, compression));
    await load('images.bin');
    expect(await home.stock('bob')).toEqual(stocked());
    expect(told.of('sound')).toEqual([{ type: 'sound', file: home.file('images.bin'), images: 2 }]);
    expect(told.of('done').map(({ image, names, already }) => [image, names, already])).toEqual([
      ['team/app:1', ['team/app:1', 'team/app:latest'], false],
      ['team/db:14', ['team/db:14'], false],
    ]);
  });

  it('loads nothing when it is cut at any of 50 places, and that is exit code 5', async () => {
    const { home, load } = await prepare();
    const whole = compressed(bytes, compression);
    // a sequence that looks random, and is the same each time
    const cuts = Array.from({ length: 46 }, (_, index) =>
      Math.floor(whole.length * ((index * 0.618_034) % 1)),
    );
    for (const cut of [...cuts, 1, whole.length - 1, whole.length - 5, whole.length - 9]) {
      await writeFile(home.file('cut.tar'), whole.subarray(0, cut));
      const failure = asP2pimgError(await failureOf(load('cut.tar')));
      expect([cut, failure.message, exitCodeOf(failure.code)]).toEqual([cut, expect.any(String), 5]);
    }
    expect(await home.stock('bob')).toEqual([]);
  });

  it('loads nothing when a byte of it is another', async () => {
    const { home, load } = await prepare();
    const whole = compressed(bytes, compression);
    for (let place = 1; place < 8; place++) {
      const damaged = Buffer.from(whole);
      const at = Math.floor((whole.length * place) / 8);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x55, at);
      await writeFile(home.file('damaged.tar'), damaged);
      const failure = await failureOf(load('damaged.tar'));
      // what is damaged may be a header's field that says nothing
      if (failure !== undefined) expect(exitCodeOf(asP2pimgError(failure).code)).toBe(5);
      else expect(await home.stock('bob')).toEqual(stocked());
    }
  });
});

describe('a load', () => {
  it('reads only what is missing', async () => {
    const { home, told, load } = await prepare();
    await home.put('bob', app, 'other/name:1');
    await writeFile(home.file('a.tar'), bytes);
    await load('a.tar');
    const [first, second] = told.of('done');
    expect(first).toMatchObject({ image: 'team/app:1', already: true, received: 0 });
    expect(told.of('plan')).toMatchObject([{ layers: 2, layersHere: 1 }]);
    expect(second?.received).toBeLessThan(13_000);
    expect((await home.stock('bob')).join()).toContain('docker.io/other/name:1 docker.io/team/app:1');
  });

  it('takes a name away from another image, and says from which', async () => {
    const { home, told, load } = await prepare();
    await home.put('bob', db, 'team/app:1');
    await writeFile(home.file('a.tar'), bytes);
    await load('a.tar');
    expect(told.of('done')[0]?.replaced).toEqual([db.manifest.digest]);
    expect(await home.stock('bob')).toEqual(stocked());
  });

  it('reads from a pipe, which may break off too', async () => {
    const { home, told } = await prepare();
    const load = (content: Buffer) => {
      const stream = Readable.from([content.subarray(0, 10_000), content.subarray(10_000)]);
      return loadFile({ origin: { type: 'stream', stream } }, home.machine('bob'), told.emit, never);
    };
    expect(await failureOf(load(bytes.subarray(0, -1024)))).toMatchObject({
      code: 'ARCHIVE_INVALID',
      facts: { file: 'standard input' },
    });
    expect(await home.stock('bob')).toEqual([]);
    await load(compressed(bytes, 'zstd'));
    expect(await home.stock('bob')).toEqual(stocked());
  });

  it('stops with its signal while it waits for a pipe', async () => {
    const { home } = await prepare();
    const stream = new Readable({ read: () => undefined });
    onTestFinished(() => void stream.destroy());
    const stop = new AbortController();
    const loading = loadFile(
      { origin: { type: 'stream', stream } },
      home.machine('bob'),
      () => undefined,
      stop.signal,
    );
    stop.abort();
    expect(await failureOf(loading)).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('of several platforms under one name takes the one for its engine, or that was asked for', async () => {
    const { home, told } = await prepare();
    const of = (architecture: string) =>
      buildImage({
        layers: [{ entries: [file('arch', architecture)] }],
        platform: { os: 'linux', architecture },
      });
    const [mine, other] = [await of(process.arch === 'arm64' ? 'arm64' : 'amd64'), await of('s390x')];
    const content = await buffer(
      archive([{ content: buildIndex([other, mine]), names: ['docker.io/team/multi:1'] }]),
    );
    await writeFile(home.file('multi.tar'), content);
    const load = (platform?: string) =>
      loadFile(
        { origin: { type: 'file', file: home.file('multi.tar') }, platform },
        home.machine('bob'),
        told.emit,
        never,
      );
    await load();
    expect(told.of('done').map(({ configDigest }) => configDigest)).toEqual([mine.config.digest]);
    await load('linux/s390x');
    expect(told.of('done').map(({ configDigest }) => configDigest)).toEqual([
      mine.config.digest,
      other.config.digest,
    ]);
    expect(await failureOf(load('linux/riscv64'))).toMatchObject({ code: 'OTHER_PLATFORM' });
  });

  it('refuses an image whose layer unpacks to something else, with all that stands beside it', async () => {
    const { home, load } = await prepare();
    const lie = await buildImage({ layers: [{ entries: [file('a', 'one')] }], seed: 'lie' });
    const truth = await buildImage({ layers: [{ entries: [file('a', 'two')] }], seed: 'truth' });
    const content: Image = { ...lie, layers: truth.layers };
    await writeFile(
      home.file('lie.tar'),
      await buffer(
        archive([
          { content: app, names: ['docker.io/team/app:1'] },
          { content, names: ['docker.io/team/lie:1'] },
        ]),
      ),
    );
    expect(await failureOf(load('lie.tar'))).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await home.stock('bob')).toEqual([]);
  });

  it('leaves the archive as it is', async () => {
    const { home, load } = await prepare();
    await writeFile(home.file('a.tar'), bytes);
    await load('a.tar');
    expect((await readFile(home.file('a.tar'))).equals(bytes)).toBe(true);
  });
});
