import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerEngine } from '../../../src/engine/docker/docker-engine.js';
import type { Digest } from '../../../src/image/digest.js';
import { type ImageDescription, missingBlobs } from '../../../src/image/image.js';
import { descriptionOf } from '../../engine/claims/source.js';
import { measured, never } from '../../engine/claims/subject.js';
import { archive } from '../../fixtures/archive.js';
import { buildImage } from '../../fixtures/image.js';
import { file } from '../../fixtures/tar.js';
import { clear } from '../stock.js';
import { bringUpLab, type Workstation, workstations } from '../workstation.js';

const workstation = workstations[process.env.LAB_INSIDE as 'cleo' | 'dan'];

describe('the classic store, on the loopback interface that its agent shares', () => {
  const engine = new DockerEngine(
    { address: `unix://${workstation.engineSocket}`, namedBy: 'lab' },
    { choice: 'auto', secret: `lab ${workstation.name}` },
  );
  const layers = [60_000_000, 20_000].map((size) => ({
    entries: [file('data', { random: size })],
    compression: 'none' as const,
  }));
  let base: ImageDescription;
  let child: ImageDescription;

  beforeAll(async () => {
    await bringUpLab();
    await clear(workstation);
    const seed = `classic-push ${workstation.name} ${Date.now()}`; // the engine remembers earlier runs
    const images = [
      await buildImage({ seed, layers: layers.slice(0, 1) }),
      await buildImage({ seed, layers }),
    ];
    for (const [index, content] of images.entries())
      await workstation.load(archive([{ content, names: [`docker.io/classic/push:${index}`] }]));
    const { platform } = await engine.identify();
    [base, child] = (await Promise.all(
      images.map((image) => engine.describe(descriptionOf(image).configDigest, platform, never)),
    )) as [ImageDescription, ImageDescription];
  }, 120_000);
  afterAll(async () => {
    await engine.close();
    await clear(workstation);
  });

  const exportsRight = async (image: ImageDescription, wanted: readonly Digest[]) => {
    const { said, got } = await measured(engine.export(image, new Set(wanted), never));
    expect(got).toEqual(said);
    expect(got.map(({ digest }) => digest).toSorted()).toEqual(wanted.toSorted());
  };
  const top = () => [child.configDigest, child.layers.at(-1)?.digest as Digest];

  it('saves an image whole, and then remembers its layers by a push into nothing', async () => {
    const since = Date.now();
    await exportsRight(base, missingBlobs(base, new Map()));
    expect(await actions(workstation, since)).toContain('save');
    await firstPush(workstation, since);
    await expect.poll(() => names(workstation)).toEqual(['classic/push:0', 'classic/push:1']);
  }, 60_000);

  it('reads just the new layer of the next image of the family', async () => {
    const since = Date.now();
    await exportsRight(child, top());
    await exportsRight(child, top());
    const seen = await actions(workstation, since);
    expect(seen).toContain('push');
    expect(seen).not.toContain('save');
  });

  it('saves what is too much to be kept in memory', async () => {
    const since = Date.now();
    await exportsRight(child, missingBlobs(child, new Map()));
    expect(await actions(workstation, since)).toContain('save');
  });

  it('has no temporary name afterwards', async () => {
    expect(await names(workstation)).toEqual(['classic/push:0', 'classic/push:1']);
  });
});

async function names(workstation: Workstation): Promise<string[]> {
  return (await workstation.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n').toSorted();
}

const eventsSince = (since: number) => [
  ...['events', '--since', (since / 1000).toFixed(3)],
  ...['--filter', 'type=image', '--format', '{{.Action}}'],
];

/** What happened to an engine's images so far. */
async function actions(workstation: Workstation, since: number): Promise<string[]> {
  const until = (Date.now() / 1000).toFixed(3);
  return (await workstation.docker(...eventsSince(since), '--until', until)).split('\n');
}

async function firstPush(workstation: Workstation, since: number): Promise<void> {
  const child = workstation.spawn(['docker', ...eventsSince(since)]);
  for await (const action of createInterface(child.stdout as Readable)) if (action === 'push') break;
  child.kill();
}
