import { describe, expect, it } from 'vitest';
import { holdClassic, holdPodman, type LayersMemory } from '../../../src/engine/docker/hold.js';
import { type Digest, digestOf } from '../../../src/image/digest.js';
import type { ImageDescription } from '../../../src/image/image.js';
import { engineApi, imageRoutes, type MadeUp } from './api.js';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(digestOf) as [Digest, Digest, Digest, Digest];
const blob = (diffId: Digest): Digest => digestOf(`the blob of ${diffId}`);

function imageOf(...diffIds: readonly Digest[]): ImageDescription {
  const configDigest = digestOf(diffIds.join());
  const layers = diffIds.map((diffId) => ({ diffId, digest: blob(diffId), mediaType: 'layer' }));
  return {
    id: configDigest,
    configDigest,
    platform: { os: 'linux', architecture: 'arm64' },
    size: 0,
    layers,
  };
}
const local = (...layers: readonly Digest[]): MadeUp => ({ Id: digestOf(`local ${layers.join()}`), layers });

async function held(
  how: typeof holdClassic,
  image: ImageDescription,
  ...images: readonly MadeUp[]
): Promise<Digest[]> {
  const { client } = await engineApi(imageRoutes(() => images));
  const { layers, release } = await how(client, image, new Map());
  await release();
  return [...layers.keys()];
}

describe('a classic store holds', () => {
  it('the layers below the first that it lacks', async () => {
    expect(await held(holdClassic, imageOf(a, b, c), local(a, b))).toEqual([a, b]);
    expect(await held(holdClassic, imageOf(a, b, c), local(a, b, d))).toEqual([a, b]);
    expect(await held(holdClassic, imageOf(a, b, c), local(a, d), local(a, b))).toEqual([a, b]);
  });

  it('all of them, where one image has them all', async () => {
    expect(await held(holdClassic, imageOf(a, b, c), local(a, b, c, d))).toEqual([a, b, c]);
  });

  it('none that stands on others than it does here', async () => {
    expect(await held(holdClassic, imageOf(a, b, c), local(b, c))).toEqual([]);
    expect(await held(holdClassic, imageOf(a, b, c), local(a, c, b))).toEqual([a]);
    expect(await held(holdClassic, imageOf(a, b))).toEqual([]);
  });

  it('no layer that must come again for a place further up', async () => {
    expect(await held(holdClassic, imageOf(a, b, c, a), local(a, b))).toEqual([b]);
    expect(await held(holdClassic, imageOf(a, a, b), local(a))).toEqual([]);
    expect(await held(holdClassic, imageOf(a, a, b), local(a, a))).toEqual([a]);
  });

  it('layers without blobs of their own', async () => {
    const { client } = await engineApi(imageRoutes(() => [local(a)]));
    expect((await holdClassic(client, imageOf(a), new Map())).layers.get(a)).toEqual({ type: 'layer' });
  });
});

describe('a store’s layers', () => {
  it('are asked for once an image, and forgotten with it', async () => {
    let images = [local(a), local(b)];
    const { client, calls } = await engineApi(imageRoutes(() => images));
    const memory: LayersMemory = new Map();
    await holdClassic(client, imageOf(a), memory);
    await holdClassic(client, imageOf(a), memory);
    expect(calls.filter((call) => call.includes('sha256:'))).toHaveLength(2);
    images = [local(b)];
    expect((await holdClassic(client, imageOf(a), memory)).layers.size).toBe(0);
    expect([...memory.keys()]).toEqual([local(b).Id]);
  });

  it('are none of an image that was deleted meanwhile', async () => {
    const gone = local(a, b);
    const routes = imageRoutes(() => [gone, local(a)]);
    const { client } = await engineApi((call) =>
      call === `GET /images/${gone.Id}/json` ? undefined : routes(call),
    );
    expect([...(await holdClassic(client, imageOf(a, b), new Map())).layers.keys()]).toEqual([a]);
  });

  it('are not known of an engine that fails', async () => {
    const { client } = await engineApi((call) => {
      const listed = imageRoutes(() => [local(a)])(call);
      return call === 'GET /images/json' ? listed : { status: 500, json: { message: 'on fire' } };
    });
    await expect(holdClassic(client, imageOf(a), new Map())).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'on fire',
    });
  });
});

describe('Podman holds', () => {
  it('every layer that any image has, wherever it stands', async () => {
    expect(await held(holdPodman, imageOf(a, b, c, a), local(b), local(d, a))).toEqual([a, b]);
  });

  it('layers as uncompressed blobs', async () => {
    const { client } = await engineApi(imageRoutes(() => [local(a)]));
    expect((await holdPodman(client, imageOf(a), new Map())).layers.get(a)).toMatchObject({
      type: 'blob',
      blob: { digest: a, mediaType: 'application/vnd.oci.image.layer.v1.tar' },
    });
  });
});
