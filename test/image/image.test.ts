import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/image/digest.js';
import { type ImageDescription, missingBlobs } from '../../src/image/image.js';
import { a, b, c } from './samples.js';

const configDigest = digestOf('config');
const [blobA, blobB, blobC] = ['A', 'B', 'C'].map(digestOf) as [typeof a, typeof a, typeof a];

function image(...layers: readonly (readonly [diffId: typeof a, digest: typeof a])[]): ImageDescription {
  return {
    id: configDigest,
    configDigest,
    platform: { os: 'linux', architecture: 'amd64' },
    size: 0,
    layers: layers.map(([diffId, digest]) => ({ diffId, digest, mediaType: 'layer' })),
  };
}
const held = (...diffIds: (typeof a)[]) =>
  new Map(diffIds.map((diffId) => [diffId, { type: 'layer' as const }]));

describe('missingBlobs', () => {
  it('are the config and every layer where nothing is held', () => {
    expect(missingBlobs(image([a, blobA], [b, blobB]), held())).toEqual([configDigest, blobA, blobB]);
  });

  it('leave out the blobs of layers that are held, by diffID and not by blob', () => {
    const three = image([a, blobA], [b, blobB], [c, blobC]);
    expect(missingBlobs(three, held(b))).toEqual([configDigest, blobA, blobC]);
    expect(missingBlobs(three, held(blobB))).toEqual([configDigest, blobA, blobB, blobC]);
  });

  it('always have the config, also where every layer is held', () => {
    expect(missingBlobs(image([a, blobA]), held(a))).toEqual([configDigest]);
  });

  it('name a blob once that stands for several layers', () => {
    expect(missingBlobs(image([a, blobA], [b, blobB], [a, blobA]), held())).toEqual([
      configDigest,
      blobA,
      blobB,
    ]);
  });
});
