import { describe, expect, it } from 'vitest';
import { listRows, peerRows } from '../../src/agent/reports.js';
import { shortId } from '../../src/image/digest.js';
import type { ListedImage } from '../../src/image/image.js';
import { digest, helloOf, listedImage, neighbourOf } from './people.js';

/** The rows of what neighbours have, each in a line: name, ID, peers, and whether it is here. */
async function rows(
  theirs: Readonly<Record<string, readonly ListedImage[]>>,
  ours: readonly ListedImage[] = [],
) {
  const neighbours = await Promise.all(
    Object.entries(theirs).map(([name, images], at) => neighbourOf(name, String(at), images)),
  );
  return listRows(neighbours, ours);
}
const inShort = (list: Awaited<ReturnType<typeof rows>>): string[] =>
  list.map(({ reference, peers, here, other }) =>
    [reference ?? '(untagged)', peers.map(({ name }) => name).join('+'), here, other?.older && 'older']
      .filter(Boolean)
      .join(' '),
  );

const one = listedImage({ config: '1', names: ['app:1'], created: '2024-02-01T00:00:00Z', size: 7 });
const two = listedImage({ config: '2', names: ['app:1'], created: '2024-01-01T00:00:00Z' });

describe('the rows of ls', () => {
  it('have everything that a person may ask', async () => {
    const traits = { platforms: ['linux/arm64/v8', 'linux/amd64'] };
    const image = listedImage({
      config: '1',
      names: ['docker.io/library/app:1'],
      created: '2024',
      size: 7,
      ...traits,
    });
    expect(await rows({ ada: [image] })).toEqual([
      {
        reference: 'app:1',
        id: digest('1'),
        platforms: ['linux/arm64', 'linux/amd64'],
        size: 7,
        created: '2024',
        peers: [{ name: 'ada', id: '0'.repeat(64) }],
        here: 'no',
      },
    ]);
  });

  it('are one for each name and image, with all the peers that have it', async () => {
    expect(inShort(await rows({ ada: [one], bob: [one], cleo: [two] }))).toEqual([
      'app:1 ada+bob no',
      'app:1 cleo no',
    ]);
  });

  it('are several for an image of several names', async () => {
    const named = listedImage({ config: '1', names: ['app:2', 'app:1'] });
    expect(inShort(await rows({ ada: [named] }))).toEqual(['app:1 ada no', 'app:2 ada no']);
  });

  it('take the images of two engines for one by their config', async () => {
    const [classic, containerd] = [one, listedImage({ config: '1', id: 'index', names: ['app:1'] })];
    expect(inShort(await rows({ ada: [classic], bob: [containerd] }))).toEqual(['app:1 ada+bob no']);
  });

  it('stand in the order of their names, numbers as numbers, and those without one at the end', async () => {
    const image = (config: string, ...names: string[]) => listedImage({ config, names });
    const images = [
      image('0'),
      image('1', 'app:10'),
      image('2', 'app:9'),
      image('3', 'Host.example/z:1'),
      image('4', 'b:1'),
    ];
    expect(inShort(await rows({ ada: images }))).toEqual([
      'app:9 ada no',
      'app:10 ada no',
      'b:1 ada no',
      'Host.example/z:1 ada no',
      '(untagged) ada no',
    ]);
  });

  it('of one name have the newest first', async () => {
    const list = await rows({ ada: [two], bob: [one] });
    expect(list.map(({ id }) => shortId(id))).toEqual([shortId(digest('1')), shortId(digest('2'))]);
  });

  it('tell which images are here under the same name', async () => {
    expect(inShort(await rows({ ada: [one] }, [one]))).toEqual(['app:1 ada yes']);
    expect(inShort(await rows({ ada: [one] }, [listedImage({ config: '1', names: ['app:2'] })]))).toEqual([
      'app:1 ada no',
    ]);
    expect(inShort(await rows({ ada: [one] }, []))).toEqual(['app:1 ada no']);
  });

  it('tell which other image has the name here, and whether it is older', async () => {
    expect(await rows({ ada: [one] }, [two])).toMatchObject([
      { here: 'other', other: { id: digest('2'), older: true } },
    ]);
    expect(await rows({ ada: [two] }, [one])).toMatchObject([
      { here: 'other', other: { id: digest('1'), older: false } },
    ]);
    const undated = listedImage({ config: '3', names: ['app:1'] });
    expect(await rows({ ada: [one] }, [undated])).toMatchObject([{ other: { older: false } }]);
  });

  it('tell of an untagged image whether it is here, under whatever name', async () => {
    const untagged = listedImage({ config: '1' });
    expect(inShort(await rows({ ada: [untagged] }, [one]))).toEqual(['(untagged) ada yes']);
    expect(inShort(await rows({ ada: [untagged] }, [two]))).toEqual(['(untagged) ada no']);
  });

  it('are none of a peer that went away', async () => {
    const gone = await neighbourOf('gone', 'a', 'silent');
    gone.far.close();
    expect(await listRows([gone, await neighbourOf('ada', 'b', [one])], [])).toHaveLength(1);
  });
});

describe('the rows of peers', () => {
  it('have what each said of itself last', async () => {
    const ada = await neighbourOf('ada', 'a', [one, two]);
    await ada.far.send({
      ...helloOf('ada', 3),
      engine: { kind: 'docker', version: '28.5.2', store: 'classic' },
    });
    await ada.session.catalogue();
    const [row] = await peerRows([ada]);
    expect(row).toEqual({
      name: 'ada',
      id: 'a'.repeat(64),
      address: 'memory',
      engine: 'Docker 28.5.2, classic store',
      version: '1',
      images: 2,
      uploads: { active: 3, limit: 4 },
      lastSeen: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('name no engine where a peer has none at the moment', async () => {
    const [row] = await peerRows([await neighbourOf('ada', 'a', [])]);
    expect(row).toMatchObject({ engine: undefined, images: 0 });
  });
});
