import { describe, expect, it } from 'vitest';
import { Copier } from '../../src/agent/copy.js';
import { failureOf } from '../archive/samples.js';
import { never, Told, WayHome, wayImage } from './way-home.js';

async function copy(home: WayHome, image: string, platform?: string): Promise<Told> {
  const told = new Told();
  const copier = await Copier.open({ from: home.layout('ada'), platform }, home.machine('bob'));
  try {
    await copier.copy(image, told.emit, never);
  } finally {
    await copier.close();
  }
  return told;
}

describe('a copy from one engine to another', () => {
  it('brings the image with its name, and leaves out what is there', async () => {
    const home = await WayHome.make();
    const [older, newer] = [
      await wayImage('older', { base: 500_000, app: 1000 }),
      await wayImage('newer', { base: 500_000, app2: 1000 }),
    ];
    await home.put('ada', newer, 'team/app:1');
    await home.put('bob', older, 'team/app:1');
    const told = await copy(home, 'team/app:1');
    expect(told.of('plan')).toMatchObject([{ layers: 2, layersHere: 1 }]);
    const [done] = told.of('done');
    expect(done).toMatchObject({
      already: false,
      configDigest: newer.config.digest,
      replaced: [older.manifest.digest],
    });
    expect(done?.received).toBeLessThan(10_000);
    expect(done?.reused).toBeGreaterThan(500_000);
    expect((await home.stock('bob')).join()).toContain(`${newer.config.digest} docker.io/team/app:1`);
  });

  it('only gives a name where the image is there', async () => {
    const home = await WayHome.make();
    const image = await wayImage('same', { base: 10_000 });
    await home.put('ada', image, 'team/app:1');
    await home.put('bob', image, 'other/app:1');
    const told = await copy(home, 'team/app:1');
    expect(told.of('done')).toMatchObject([{ already: true, received: 0 }]);
    expect(await home.stock('bob')).toEqual([
      `${image.config.digest} docker.io/other/app:1 docker.io/team/app:1`,
    ]);
  });

  it('tells what is not there, and what is for another platform', async () => {
    const home = await WayHome.make();
    await home.put('ada', await wayImage('a', { base: 10 }), 'team/app:1');
    expect(await failureOf(copy(home, 'team/nobody:1'))).toMatchObject({ code: 'IMAGE_UNKNOWN' });
    expect(await failureOf(copy(home, 'team/app:1', 'linux/s390x'))).toMatchObject({
      code: 'OTHER_PLATFORM',
    });
  });

  it('makes no layout of a folder that it was to read', async () => {
    const home = await WayHome.make();
    const opening = Copier.open({ from: home.layout('nowhere') }, home.machine('bob'));
    expect(await failureOf(opening)).toMatchObject({ code: 'USAGE' });
  });
});
