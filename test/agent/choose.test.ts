import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask, catalogueInTime, choose, identityOf } from '../../src/agent/choose.js';
import { shortId } from '../../src/image/digest.js';
import { parsePlatform } from '../../src/image/platform.js';
import { parseSelector } from '../../src/image/selector.js';
import { digest, listedImage, neighbourOf } from './people.js';

const amd64 = parsePlatform('linux/amd64');
const older = listedImage({ config: 'older', created: '2024-01-01T00:00:00Z' });
const newer = listedImage({ config: 'newer', created: '2024-01-02T00:00:00+05:00' });
const undated = listedImage({ config: 'undated' });

const [ada, bob, cleo] = [
  await neighbourOf('ada', 'a', []),
  await neighbourOf('bob', 'b', []),
  await neighbourOf('cleo', 'c', []),
];
afterEach(() => void vi.useRealTimers());

describe('choose', () => {
  it('takes the image that was made last, whoever has it', () => {
    const found = [
      { neighbour: ada, image: undated },
      { neighbour: bob, image: older },
      { neighbour: cleo, image: newer },
    ];
    for (const order of [found, found.toReversed()])
      expect(choose(order, amd64)).toMatchObject({ image: newer, holders: [cleo] });
  });

  it('names all who have that one, and what the others have instead', () => {
    const [one, two] = [
      listedImage({ config: 'one', id: 'index', created: '2024' }),
      listedImage({ config: 'one', created: '2024' }),
    ];
    const found = [
      { neighbour: ada, image: one },
      { neighbour: bob, image: two },
      { neighbour: cleo, image: older },
    ];
    expect(choose(found, amd64)).toEqual({ image: one, holders: [ada, bob], others: [found[2]] });
  });

  it('knows an image by its ID where its engine does not tell the config digest', () => {
    const one = listedImage({ config: undefined, id: 'x' });
    const other = listedImage({ config: 'known', id: 'x' });
    const found = [
      { neighbour: ada, image: one },
      { neighbour: bob, image: other },
    ];
    expect(choose(found, amd64)).toMatchObject({ holders: [ada, bob], others: [] });
    expect(identityOf(one)).toBe(digest('x'));
    expect(identityOf(other)).toBe(digest('known'));
  });

  it('prefers an older image for the platform to a newer one for another', () => {
    const arm = listedImage({ config: 'arm', platforms: ['linux/arm64'], created: '2030-01-01T00:00:00Z' });
    const found = [
      { neighbour: ada, image: arm },
      { neighbour: bob, image: older },
    ];
    expect(choose(found, amd64)).toMatchObject({ image: older, holders: [bob] });
  });

  it('tells the platforms on offer where none is the one asked for', () => {
    const found = [{ neighbour: ada, image: listedImage({ platforms: ['linux/arm64', 'linux/arm/v7'] }) }];
    expect(choose(found, amd64)).toEqual({
      otherPlatforms: [parsePlatform('linux/arm64'), parsePlatform('linux/arm/v7')],
    });
  });

  it('takes an older one whose ID is named, and tells of the newer', () => {
    const found = [
      { neighbour: ada, image: newer },
      { neighbour: bob, image: older },
    ];
    for (const id of [digest('older'), digest('older').slice(0, 20), shortId(digest('older'))])
      expect(choose(found, amd64, id)).toEqual({ image: older, holders: [bob], others: [found[0]] });
    expect(choose(found, amd64, 'ffffffff')).toBeUndefined();
  });

  it('comes to nothing where nobody has anything', () => {
    expect(choose([], amd64)).toBeUndefined();
  });
});

describe('asking', () => {
  it('finds what each neighbour has under the selector', async () => {
    const [one, two] = [
      listedImage({ config: '1', names: ['app:1', 'app:2'] }),
      listedImage({ config: '2', names: ['app:2'] }),
    ];
    const [dora, emil] = [await neighbourOf('dora', 'd', [one]), await neighbourOf('emil', 'e', [one, two])];
    const found = await ask([dora, emil], parseSelector('app:2'), 10_000);
    expect(found.map(({ neighbour, image }) => [neighbour.name, identityOf(image)])).toEqual([
      ['dora', digest('1')],
      ['emil', digest('1')],
      ['emil', digest('2')],
    ]);
  });

  it('does not wait past its time for one that is silent, and hears the others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const silent = await neighbourOf('silent', 'd', 'silent');
    const emil = await neighbourOf('emil', 'e', [listedImage({ names: ['app:1'] })]);
    const asked = ask([silent, emil], parseSelector('app:1'), 1_500);
    await vi.advanceTimersByTimeAsync(1_500);
    expect((await asked).map(({ neighbour }) => neighbour.name)).toEqual(['emil']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes one that goes away meanwhile for one that has nothing', async () => {
    const gone = await neighbourOf('gone', 'd', 'silent');
    const images = catalogueInTime(gone, 10_000);
    gone.far.close();
    expect(await images).toEqual([]);
  });
});
