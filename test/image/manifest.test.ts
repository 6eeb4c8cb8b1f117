import { describe, expect, it } from 'vitest';
import { parseImageConfig } from '../../src/image/config.js';
import {
  isImageManifest,
  maximumLayers,
  maximumMetadataSize,
  mediaTypes,
  parseManifest,
} from '../../src/image/manifest.js';
import { a, b, failureOf, json } from './samples.js';

const config = { mediaType: mediaTypes.ociConfig, digest: a, size: 7 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest: b, size: 0 };
const child = { mediaType: mediaTypes.ociManifest, digest: a, size: 9 };

describe('a manifest', () => {
  it('is told from an index by its shape', () => {
    const manifest = { mediaType: mediaTypes.ociManifest, config, layers: [layer] };
    expect(parseManifest(json({ schemaVersion: 2, ...manifest }))).toEqual({ type: 'manifest', manifest });
    const index = {
      manifests: [{ ...child, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
    };
    expect(parseManifest(json({ schemaVersion: 2, ...index }))).toEqual({ type: 'index', index });
  });

  it('keeps the annotations of a descriptor', () => {
    const annotated = { ...child, annotations: { key: 'value' } };
    expect(parseManifest(json({ manifests: [annotated] }))).toMatchObject({
      index: { manifests: [{ annotations: { key: 'value' } }] },
    });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['neither', '{}'],
    ['a digest that is none', json({ config: { ...config, digest: 'sha256:1' }, layers: [] })],
    [
      'a digest of another kind',
      json({ config: { ...config, digest: `sha512:${'a'.repeat(128)}` }, layers: [] }),
    ],
    ['a negative size', json({ config, layers: [{ ...layer, size: -1 }] })],
    ['a broken size', json({ config, layers: [{ ...layer, size: 1.5 }] })],
    ['a size past what is exact', json({ config, layers: [{ ...layer, size: 2 ** 53 }] })],
    ['a size that is a text', json({ config, layers: [{ ...layer, size: '1' }] })],
    ['no layers', json({ config })],
    ['too many layers', json({ config, layers: Array(maximumLayers + 1).fill(layer) })],
    [
      'a media type out of all measure',
      json({ config: { ...config, mediaType: 'x'.repeat(256) }, layers: [] }),
    ],
  ])('is refused with %s', (_what, text) => {
    expect(failureOf(() => parseManifest(text)).code).toBe('MANIFEST_INVALID');
  });

  it('is not even parsed over 4 MiB', () => {
    const text = json({ config, layers: [] });
    expect(parseManifest(text.padEnd(maximumMetadataSize)).type).toBe('manifest');
    expect(failureOf(() => parseManifest(text.padEnd(maximumMetadataSize + 1))).message).toMatch(
      /over 4 MiB/,
    );
  });

  it('is of an image unless it is of something beside one', () => {
    expect(isImageManifest(child)).toBe(true);
    expect(isImageManifest({ ...child, mediaType: mediaTypes.dockerManifest })).toBe(true);
    expect(isImageManifest({ ...child, mediaType: mediaTypes.ociIndex })).toBe(false);
    expect(isImageManifest({ ...child, platform: { os: 'linux', architecture: 'amd64' } })).toBe(true);
    expect(isImageManifest({ ...child, platform: { os: 'unknown', architecture: 'unknown' } })).toBe(false);
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
    expect(isImageManifest({ ...child, annotations })).toBe(false);
  });
});

describe('an image config', () => {
  const whole = {
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    created: '2024-02-29T12:34:56Z',
    rootfs: { type: 'layers', diff_ids: [a, b] },
    config: { Cmd: ['/app'] },
  };

  it('says its platform, normalised, when it was made, and of which layers it is', () => {
    expect(parseImageConfig(json(whole))).toEqual({
      platform: { os: 'linux', architecture: 'arm64' },
      created: '2024-02-29T12:34:56Z',
      diffIds: [a, b],
    });
  });

  it('may leave out what old and strange tools leave out', () => {
    const bare = { variant: null, created: null, rootfs: { diff_ids: null } };
    expect(parseImageConfig(json(bare))).toEqual({
      platform: { os: 'linux', architecture: '' },
      created: undefined,
      diffIds: [],
    });
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '7'],
    ['no rootfs', json({ ...whole, rootfs: undefined })],
    ['a diffID that is no digest', json({ ...whole, rootfs: { diff_ids: ['x'] } })],
    ['too many layers', json({ ...whole, rootfs: { diff_ids: Array(maximumLayers + 1).fill(a) } })],
    ['a platform that is no text', json({ ...whole, os: 1 })],
    ['more than 4 MiB', json(whole).padEnd(maximumMetadataSize + 1)],
  ])('is refused with %s', (_what, text) => {
    expect(failureOf(() => parseImageConfig(text)).code).toBe('IMAGE_CONFIG_INVALID');
  });
});
