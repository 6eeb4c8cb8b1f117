import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SendEvent } from '../../src/control/sending.js';
import { asP2pimgError } from '../../src/error.js';
import { ArchiveFile } from '../../src/file/archive-file.js';
import { canPack } from '../../src/file/pack.js';
import { canonical } from '../../src/image/reference.js';
import { never } from '../engine/claims/subject.js';
import { until } from '../lab/until.js';
import { imageOf, inTurn, TestDevice } from './team.js';

const name = 'docker.io/team/app:2';
const ending = canPack('zstd') ? '.tar.zst' : '.tar.gz';

/** `nas`, who keeps archives only, and `ada`, who sends there. */
async function store(configuration: Readonly<Record<string, unknown>> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-archives-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const nas = await TestDevice.open('nas', { archives: folder, configuration });
  const ada = await TestDevice.open('ada', { knows: [nas] });
  return { folder, nas, ada };
}

async function send(
  { agent }: TestDevice,
  image = 'team/app:2',
  at: (event: SendEvent, stop: AbortController) => unknown = () => undefined,
  { peer = 'nas', isStore = true } = {},
) {
  const stop = new AbortController();
  let last: SendEvent | undefined;
  try {
    for await (const event of agent.send({ image, peer, store: isStore }, stop.signal)) {
      last = event;
      at(event, stop);
    }
    return { last, error: undefined };
  } catch (error) {
    return { last, error: asP2pimgError(error) };
  }
}

/** What an archive holds: config digests and names. */
async function contentsOf(file: string): Promise<string[]> {
  const archive = await ArchiveFile.open(file);
  try {
    const { images } = await archive.survey(never);
    return images.map(({ image, references }) =>
      [image.configDigest, ...references.map(canonical)].join(' '),
    );
  } finally {
    await archive.close();
  }
}

describe('a send into a store', { timeout: 60_000 }, () => {
  it('makes an archive of it there, which the store then shares', async () => {
    const { folder, nas, ada } = await store();
    const image = await imageOf('one');
    await ada.put(image, name);
    const { last } = await send(ada);
    expect(last).toMatchObject({ type: 'done', already: false, file: `team-app-2${ending}` });
    expect(await readdir(folder)).toEqual([`team-app-2${ending}`]);
    expect(await contentsOf(path.join(folder, `team-app-2${ending}`))).toEqual([
      `${image.config.digest} ${name}`,
    ]);
    await until(
      inTurn(() => nas.agent.status()),
      ({ shared }) => shared === 1,
    );
    expect((await send(ada)).last).toMatchObject({ already: true, file: `team-app-2${ending}` });
  });

  it('compresses as its owner prefers', async () => {
    const { folder, ada } = await store({ archiveCompression: 'gzip' });
    await ada.put(await imageOf('one'), name);
    expect((await send(ada)).last).toMatchObject({ file: 'team-app-2.tar.gz' });
    expect(await contentsOf(path.join(folder, 'team-app-2.tar.gz'))).toHaveLength(1);
  });

  it('leaves another image under the same name, and what is no archive, where it is', async () => {
    const { folder, ada } = await store();
    const [first, second] = [await imageOf('first'), await imageOf('second')];
    await writeFile(path.join(folder, `other-2${ending}`), 'not ours');
    await ada.put(first, name, 'docker.io/library/other:2');
    expect((await send(ada)).last).toMatchObject({ file: `team-app-2${ending}` });
    const digits = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 12);
    expect((await send(ada, 'other:2')).last).toMatchObject({
      file: `other-2-${digits(first.config.digest)}${ending}`,
    });
    await ada.put(second, name);
    const { last } = await send(ada);
    expect(last).toMatchObject({ file: `team-app-2-${digits(second.config.digest)}${ending}` });
    expect(await readdir(folder)).toHaveLength(4);
  });

  it('that is stopped in the middle leaves nothing there', async () => {
    const { folder, nas, ada } = await store();
    await ada.put(await imageOf('large', 60_000_000), name);
    const seen: string[][] = [];
    const { error } = await send(ada, 'team/app:2', (event, stop) => {
      if (event.type === 'progress' && event.received < event.total) stop.abort();
    });
    seen.push(await readdir(folder));
    expect(error?.code).toBe('INTERRUPTED');
    expect(seen).toEqual([[]]);
    expect((await nas.agent.arrivals()).arrivals).toEqual([]);
  });

  it('is refused where the owner takes nothing, and an engine is no store, nor a store an engine', async () => {
    const { folder, ada } = await store({ accept: 'never' });
    await ada.put(await imageOf('one'), name);
    expect((await send(ada)).error).toMatchObject({
      code: 'REFUSED',
      message: 'it takes nothing that is sent',
    });
    const taking = await store();
    await taking.ada.put(await imageOf('one'), name);
    const refused = await send(taking.ada, 'team/app:2', undefined, { isStore: false });
    expect(refused.error?.message).toMatch(/p2pimg send --store/);
    const eve = await TestDevice.open('eve', { knows: [ada] });
    await eve.put(await imageOf('one'), name);
    const astray = await send(eve, 'team/app:2', undefined, { peer: 'ada' });
    expect(astray.error?.message).toBe('it keeps no folder of archives');
    expect([...(await readdir(folder)), ...(await readdir(taking.folder))]).toEqual([]);
  });
});
