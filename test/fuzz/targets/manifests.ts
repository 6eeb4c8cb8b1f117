import { parseDockerManifest } from '../../../src/archive/docker-manifest.js';
import { proveStored } from '../../../src/archive/written-manifest.js';
import { parseImageConfig } from '../../../src/image/config.js';
import { digestOf } from '../../../src/image/digest.js';
import { isImageManifest, mediaTypes, parseManifest } from '../../../src/image/manifest.js';
import { platformMatches, platformText } from '../../../src/image/platform.js';
import { indexJson, manifestJson } from '../corpus.js';
import { attempt, type Target } from '../target.js';

const config = JSON.stringify({
  architecture: 'arm64',
  variant: 'v8',
  os: 'linux',
  created: '2025-01-01T00:00:00Z',
  config: { Env: ['PATH=/bin'], Labels: { a: 'b' } },
  rootfs: { type: 'layers', diff_ids: [digestOf('one'), digestOf('two')] },
  history: [{ created_by: 'COPY', empty_layer: true }, { created_by: 'RUN' }],
});
const dockerManifest = JSON.stringify([
  { Config: `${'a'.repeat(64)}.json`, RepoTags: ['app:1'], Layers: [`${'b'.repeat(64)}/layer.tar`] },
]);

/** Manifests, indexes, configs and Docker's manifest.json: each input is read as each of them. */
export const manifests: Target = {
  name: 'manifests',
  form: 'json',
  inputs: { test: 4000, share: 6 },
  seeds: () => [manifestJson, indexJson, config, dockerManifest].map((text) => Buffer.from(text)),
  words: [
    '"digest":"',
    '"layers":[',
    '"manifests":[',
    '"rootfs":',
    'null',
    '{',
    '[',
    ',',
    digestOf(''),
    '\x00',
    '\xff',
  ],
  read(input) {
    const json = input.toString('utf8');
    const parsed = attempt(() => parseManifest(json));
    if (parsed?.type === 'index') parsed.index.manifests.filter(isImageManifest);
    attempt(() => proveStored({ mediaType: mediaTypes.ociManifest, digest: digestOf(json), json }));
    const read = attempt(() => parseImageConfig(json));
    if (read !== undefined) platformText(read.platform) && platformMatches(read.platform, read.platform);
    attempt(() => parseDockerManifest(json));
  },
};
