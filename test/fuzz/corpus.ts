import { digestOf } from '../../src/image/digest.js';
import type { ImageDescription } from '../../src/image/image.js';
import { mediaTypes } from '../../src/image/manifest.js';
import type { Message } from '../../src/wire/message.js';

const [one, two, three] = ['one', 'two', 'three'].map((text) => digestOf(text));
const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const layer = (digest = one ?? digestOf(''), size = 3) => ({ mediaType: mediaTypes.ociLayer, digest, size });

/** A manifest of two layers, as text. */
export const manifestJson = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: three, size: 5 },
  layers: [layer(one, 3), layer(two, 3)],
  annotations: { 'org.opencontainers.image.created': '2025-01-01T00:00:00Z' },
});

/** An index of two platforms over it, one of which is an attestation. */
export const indexJson = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(manifestJson),
      size: manifestJson.length,
      platform,
    },
    {
      mediaType: mediaTypes.ociManifest,
      digest: two,
      size: 7,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    },
  ],
});

const image: ImageDescription = {
  id: digestOf(manifestJson),
  configDigest: three ?? digestOf(''),
  platform,
  created: '2025-01-01T00:00:00Z',
  size: 11,
  layers: [
    { diffId: one ?? digestOf(''), ...layer(one) },
    { diffId: two ?? digestOf(''), ...layer(two) },
  ],
  manifest: { mediaType: mediaTypes.ociManifest, digest: digestOf(manifestJson), json: manifestJson },
  index: { mediaType: mediaTypes.ociIndex, digest: digestOf(indexJson), json: indexJson },
};

/** One of each kind of message, as full as it gets. */
export function everyMessage(): Message[] {
  const { id, configDigest } = image;
  const ticket = '0123456789abcdef'.repeat(2);
  return [
    {
      type: 'hello',
      name: 'mara-thinkpad',
      version: '0.1.0',
      engine: { kind: 'docker', version: '28.5.2', store: 'containerd' },
      uploads: { active: 1, limit: 4 },
    },
    { type: 'list' },
    {
      type: 'catalogue',
      generation: 1_735_689_600_001,
      images: [
        {
          id,
          configDigest,
          references: ['docker.io/team/app:2', 'ghcr.io/team/app:2'],
          platforms: [platform],
          size: 757_000_000,
          created: '2025-01-01T00:00:00Z',
        },
        { id: configDigest, references: [], platforms: [], size: 0 },
      ],
    },
    { type: 'changed', generation: 1 },
    { type: 'request', image: 'docker.io/team/app:2', platform, encodings: ['zstd', 'identity'] },
    { type: 'preparing', what: 'waiting for its engine' },
    { type: 'offer', encoding: 'zstd', image, singly: true },
    { type: 'offer', encoding: 'identity', image: { ...image, manifest: undefined, index: undefined } },
    { type: 'want', digests: [configDigest, id], first: { digest: id, offset: 7 }, singly: true },
    { type: 'ready', ticket },
    { type: 'read', ticket, digest: id, offset: 0 },
    { type: 'blob', digest: id, size: 3, offset: 0 },
    { type: 'blobEnd', digest: id, size: 3 },
    { type: 'end' },
    {
      type: 'bring',
      reference: 'docker.io/team/app:2',
      configDigest,
      platform,
      size: 7,
      created: '2025-01-01T00:00:00Z',
      port: 47_470,
      into: 'archives',
    },
    { type: 'asking', expiresInMs: 60_000 },
    { type: 'plan', layers: 4, layersHere: 3, bytesHere: 1, bytesToGo: 2, bytesExact: true },
    { type: 'progress', received: 1, total: 2, totalExact: true, wire: 1 },
    { type: 'lost', received: 1, givesUpInMs: 7 },
    {
      type: 'taken',
      id,
      already: false,
      received: 1,
      wire: 1,
      reused: 1,
      replaced: configDigest,
      file: 'a.tar',
    },
    { type: 'refuse', code: 'IMAGE_UNKNOWN', message: 'it is not shared here' },
  ];
}
