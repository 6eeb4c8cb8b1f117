import { describe, expect, it } from 'vitest';
import { listClassic, listContainerd, type PlatformMemory } from '../../../src/engine/docker/listing.js';
import { temporaryName } from '../../../src/engine/docker/temporary.js';
import { digestOf } from '../../../src/image/digest.js';
import { mediaTypes } from '../../../src/image/manifest.js';
import { canonical } from '../../../src/image/reference.js';
import { engineApi, imageRoutes, type MadeUp } from './api.js';

const Id = digestOf('1');
const arm64 = { os: 'linux', architecture: 'arm64' };

/** The routes of one image that is listed as told. */
function listing(image: object) {
  const inspected = imageRoutes(() => [{ Id }]);
  return engineApi((call) =>
    call === 'GET /images/json'
      ? { json: [{ Id, RepoTags: null, Created: 0, Size: 1, ...image }] }
      : inspected(call),
  );
}

describe('the images of a classic store', () => {
  it('have their config digest for their ID', async () => {
    const { client } = await listing({ RepoTags: ['app:1'], Created: 1_709_210_096, Size: 7 });
    expect(await listClassic(client, new Map())).toEqual([
      {
        id: Id,
        configDigest: Id,
        references: [{ domain: 'docker.io', path: 'library/app', tag: '1' }],
        platforms: [arm64],
        size: 7,
        created: '2024-02-29T12:34:56.000Z',
      },
    ]);
  });

  it('have no names but those that people gave', async () => {
    const { client } = await listing({
      RepoTags: ['<none>:<none>', `${temporaryName()}:x`, 'app:1', 'UPPER:1', 'r:5/b:2'],
    });
    const [image] = await listClassic(client, new Map());
    expect(image?.references.map(canonical)).toEqual(['docker.io/library/app:1', 'r:5/b:2']);
  });

  it('have no date where the engine knows none', async () => {
    const { client } = await listing({});
    expect(await listClassic(client, new Map())).toMatchObject([{ references: [], created: undefined }]);
  });

  it('are inspected once each, and forgotten when they are gone', async () => {
    let images: MadeUp[] = [{ Id }, { Id: digestOf('2') }];
    const { client, calls } = await engineApi(imageRoutes(() => images));
    const memory: PlatformMemory = new Map();
    await listClassic(client, memory);
    await listClassic(client, memory);
    expect(calls.filter((call) => call.includes('sha256:'))).toHaveLength(2);
    images = [{ Id }];
    await listClassic(client, memory);
    expect([...memory.keys()]).toEqual([Id]);
  });

  it('are not listed where they were deleted meanwhile', async () => {
    const routes = imageRoutes(() => [{ Id }]);
    const { client } = await engineApi((call) => (call === 'GET /images/json' ? routes(call) : undefined));
    expect(await listClassic(client, new Map())).toEqual([]);
  });
});

describe('the images of a containerd store', () => {
  const manifest = (platform: object, more: object = {}) => ({
    Descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf('m'), size: 1 },
    Available: true,
    Size: { Content: 700, Total: 2_000 },
    Kind: 'image',
    ImageData: { Platform: platform },
    ...more,
  });

  it('have the platforms whose blobs are all there', async () => {
    const { client, calls } = await listing({
      Manifests: [
        manifest({ os: 'linux', architecture: 'arm64', variant: 'v8' }),
        manifest(
          { os: 'linux', architecture: 'amd64' },
          { Available: false, Size: { Content: 0, Total: 0 } },
        ),
        manifest({ os: 'unknown', architecture: 'unknown' }, { Kind: 'attestation' }),
      ],
    });
    expect(await listContainerd(client, new Map(), () => undefined)).toMatchObject([
      { id: Id, platforms: [arm64], size: 700 },
    ]);
    expect(calls).toEqual(['GET /images/json']);
  });

  it('are left out where no platform is there', async () => {
    const absent = manifest({ os: 'linux', architecture: 'amd64' }, { Available: false });
    const { client } = await listing({ Manifests: [absent] });
    expect(await listContainerd(client, new Map(), () => undefined)).toEqual([]);
  });

  it('are inspected where the engine does not tell their manifests', async () => {
    const { client } = await listing({});
    expect(await listContainerd(client, new Map(), () => undefined)).toMatchObject([{ platforms: [arm64] }]);
  });

  it('have their config digest where it is known', async () => {
    const { client } = await listing({ Manifests: [] });
    const configDigest = digestOf('config');
    const [known] = await listContainerd(client, new Map(), (id) => (id === Id ? configDigest : undefined));
    expect(known?.configDigest).toBe(configDigest);
    const [unknown] = await listContainerd(client, new Map(), () => undefined);
    expect(unknown).not.toHaveProperty('configDigest');
  });
});
