import { PassThrough } from 'node:stream';
import { pack } from 'tar-stream';
import { type Digest, digestOf, hex } from '../../image/digest.js';
import { type Descriptor, mediaTypes } from '../../image/manifest.js';
import type { DockerClient } from './client.js';
import { readAnswer } from './json-lines.js';
import { removeTemporary, temporaryName } from './temporary.js';

/** Which of some blobs the containerd store has; they are kept from being collected until `release`. */
export interface Probe {
  readonly present: ReadonlySet<Digest>;
  release(): Promise<void>;
}

/**
 * Asks a containerd store (API 1.47) which blobs it has. No call lists them, so a tiny index is loaded under a name of
 * ours: one manifest a blob, each with an empty config and for platform `unknown/unknown`, so that nothing is
 * unpacked. The engine then says of each manifest whether all of it is available.
 */
export async function probeBlobs(
  client: DockerClient,
  blobs: readonly Descriptor[],
  signal: AbortSignal,
): Promise<Probe> {
  const name = `${temporaryName()}:probe`;
  const release = () => removeTemporary(client, name);
  const manifests = new Map(blobs.map((blob) => [digestOf(manifestOf(blob)), blob.digest]));
  await readAnswer(await client.load(probeArchive(name, blobs), signal), client.endpoint);
  try {
    const image = (await client.images('manifests')).find(({ RepoTags }) => RepoTags?.includes(name));
    const present = new Set<Digest>();
    for (const { Descriptor, Available } of image?.Manifests ?? []) {
      const blob = manifests.get(Descriptor.digest);
      if (Available && blob !== undefined) present.add(blob);
    }
    return { present, release };
  } catch (error) {
    await release();
    throw error;
  }
}

const emptyConfig = '{}';

function manifestOf({ mediaType, digest, size }: Descriptor): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(emptyConfig), size: emptyConfig.length },
    layers: [{ mediaType, digest, size }],
  });
}

function probeArchive(name: string, blobs: readonly Descriptor[]) {
  const manifests = blobs.map(manifestOf);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: manifests.map((json) => ({
      ...descriptorOf(mediaTypes.ociManifest, json),
      platform: { os: 'unknown', architecture: 'unknown' },
    })),
  });
  const root = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      {
        ...descriptorOf(mediaTypes.ociIndex, index),
        annotations: {
          'io.containerd.image.name': `docker.io/${name}`,
          'org.opencontainers.image.ref.name': 'probe',
        },
      },
    ],
  });
  const archive = pack();
  for (const json of new Set([emptyConfig, ...manifests, index]))
    archive.entry({ name: `blobs/sha256/${hex(digestOf(json))}` }, json);
  archive.entry({ name: 'index.json' }, root);
  archive.entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}');
  archive.finalize();
  return archive.pipe(new PassThrough());
}

function descriptorOf(mediaType: string, json: string) {
  return { mediaType, digest: digestOf(json), size: Buffer.byteLength(json) };
}
