import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Layout } from '../fixtures/archive.js';
import { archive } from '../fixtures/archive.js';
import {
  emptyLayers,
  family,
  hundredLayers,
  multiPlatform,
  nasty,
  oneLayer,
  repeatedLayer,
} from '../fixtures/hard-images.js';
import type { Image } from '../fixtures/image.js';
import type { Workstation } from './workstation.js';
import { bringUpLab, workstations } from './workstation.js';

const { ada, cleo, dan, eve } = workstations;
const NAME = 'docker.io/library/fixture:1';

interface Inspected {
  readonly Id: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}

async function inspect(workstation: Workstation): Promise<Inspected> {
  return JSON.parse((await workstation.api('GET', '/images/fixture:1/json')).body.toString()) as Inspected;
}

beforeAll(bringUpLab, 180_000);

describe.each([ada, cleo, dan, eve])('the engine of $name ($engine)', (workstation) => {
  beforeEach(() => workstation.removeImages());

  const makers = { oneLayer, emptyLayers, repeatedLayer, hundredLayers, nasty };
  const layouts: readonly Layout[] = ['oci+docker', 'docker'];

  describe.each(layouts)('given the %s layout', (layout) => {
    it.each(Object.entries(makers))(
      'loads %s with its diffIDs and its Id',
      async (_, make) => {
        const image = await make();
        await workstation.load(archive([{ content: image, names: [NAME] }], { layout }));
        const { Id, RootFS } = await inspect(workstation);
        expect(RootFS.Layers).toEqual(image.diffIds);
        if (workstation !== ada) expect(Id).toBe(image.config.digest);
        else if (layout === 'oci+docker') expect(Id).toBe(image.manifest.digest);
      },
      120_000,
    );
  });

  it('loads a multi-platform image of which only one platform is there', async () => {
    const { index, here } = await multiPlatform();
    await workstation.load(archive([{ content: index, names: [NAME], present: [here] }]));
    expect((await inspect(workstation)).Id).toBe(
      workstation === ada ? index.index.digest : here.config.digest,
    );
  }, 60_000);

  it('loads a family member without the layers that it has', async () => {
    const { first, second } = await family(100_000);
    const held = new Set(first.layers.map(({ blob }) => blob.digest));
    const load = (image: Image, omit: ReadonlySet<string>): Promise<string> =>
      workstation.load(archive([{ content: image, names: [NAME] }], { omit }));
    await load(first, new Set());
    await load(second, held);
    expect((await inspect(workstation)).RootFS.Layers).toEqual(second.diffIds);
  }, 60_000);
});
