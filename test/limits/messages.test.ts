import { describe, expect, it } from 'vitest';
import { parseImageConfig } from '../../src/image/config.js';
import { digestOf } from '../../src/image/digest.js';
import { maximumJsonDepth } from '../../src/image/json.js';
import {
  maximumHistory,
  maximumLayers,
  maximumMetadataSize,
  mediaTypes,
  parseManifest,
} from '../../src/image/manifest.js';
import { maximumMessageLength, maximumWordLength, readMessage } from '../../src/wire/message.js';

const digest = digestOf('x');
const platform = { os: 'linux', architecture: 'amd64' };
const list = (length: number, item: unknown) => Array.from({ length }, () => item);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

const hello = (name: string) => ({ type: 'hello', name, version: '1', uploads: { active: 0, limit: 1 } });
const request = (encodings: unknown, os = 'linux') => ({
  type: 'request',
  image: 'x',
  platform: { ...platform, os },
  encodings,
});
const catalogue = (images: unknown) => ({ type: 'catalogue', generation: 1, images });
const listed = { id: digest, references: [], platforms: [], size: 0 };
const layer = { diffId: digest, digest, mediaType: 'x' };
const image = { id: digest, configDigest: digest, platform, size: 0, layers: [] };
const offer = (changes: object) => ({ type: 'offer', encoding: 'identity', image: { ...image, ...changes } });
const stored = (length: number) => ({ mediaType: 'x', digest, json: 'x'.repeat(length) });
const whole = (length: number) => `{"type":"list","x":"${'x'.repeat(length - 22)}"}`;

const limits: [string, number, (size: number) => unknown][] = [
  ['characters of a word', maximumWordLength, (size) => hello('x'.repeat(size))],
  ['encodings', 16, (size) => request(list(size, 'zstd'))],
  ['characters of an encoding', maximumWordLength, (size) => request(['x'.repeat(size)])],
  ['characters of a platform', 64, (size) => request([], 'x'.repeat(size))],
  ['images of a catalogue', 20_000, (size) => catalogue(list(size, listed))],
  ['names of an image', 1_000, (size) => catalogue([{ ...listed, references: list(size, 'x') }])],
  ['platforms of an image', 100, (size) => catalogue([{ ...listed, platforms: list(size, platform) }])],
  ['layers of an offer', maximumLayers, (size) => offer({ layers: list(size, layer) })],
  ['characters of a manifest', maximumMetadataSize, (size) => offer({ manifest: stored(size) })],
  ['digests of a want', maximumLayers + 1, (size) => ({ type: 'want', digests: list(size, digest) })],
  ['characters of a ticket', 32, (size) => ({ type: 'ready', ticket: 'a'.repeat(size) })],
  ['characters in all', maximumMessageLength, whole],
  ['levels of JSON', maximumJsonDepth, (size) => `{"type":"list","x":${nested(size - 1)}}`],
];

const text = (message: unknown) => (typeof message === 'string' ? message : JSON.stringify(message));

describe('a message', () => {
  it.each(limits)('is taken with as many %s as are allowed (%d), and not with one more', (_, most, make) => {
    expect(readMessage(text(make(most)))).toBeDefined();
    expect(() => readMessage(text(make(most + 1)))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
    );
  });

  it('may hold brackets in its words', () => {
    const name = `${'['.repeat(400)}"\\`;
    expect(readMessage(text(hello(name)))).toMatchObject({ name });
  });
});

const descriptor = { mediaType: mediaTypes.ociLayer, digest, size: 1 };
const manifest = (layers: unknown, rest = '') =>
  `{"config":${JSON.stringify(descriptor)},"layers":${JSON.stringify(layers)}${rest}}`;
const filled = (json: string, length: number) => json + ' '.repeat(length - json.length);

describe('a manifest', () => {
  it.each<[string, number, (size: number) => string]>([
    ['layers', maximumLayers, (size) => manifest(list(size, descriptor))],
    ['manifests', maximumLayers, (size) => JSON.stringify({ manifests: list(size, descriptor) })],
    ['characters', maximumMetadataSize, (size) => filled(manifest([]), size)],
    ['levels of JSON', maximumJsonDepth, (size) => manifest([], `,"x":${nested(size - 1)}`)],
    ['characters of a media type', 255, (size) => manifest([{ ...descriptor, mediaType: 'x'.repeat(size) }])],
  ])('is read with as many %s as are allowed (%d), and not with one more', (_, most, make) => {
    expect(parseManifest(make(most)).type).toBeDefined();
    expect(() => parseManifest(make(most + 1))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });
});

const config = (diffIds: unknown, rest = '') => `{"rootfs":{"diff_ids":${JSON.stringify(diffIds)}}${rest}}`;

describe('an image config', () => {
  it.each<[string, number, (size: number) => string]>([
    ['layers', maximumLayers, (size) => config(list(size, digest))],
    [
      'steps of history',
      maximumHistory,
      (size) => config([], `,"history":${JSON.stringify(list(size, {}))}`),
    ],
    ['characters', maximumMetadataSize, (size) => filled(config([]), size)],
    ['levels of JSON', maximumJsonDepth, (size) => config([], `,"x":${nested(size - 1)}`)],
    ['characters of its architecture', 64, (size) => config([], `,"architecture":"${'x'.repeat(size)}"`)],
  ])('is read with as many %s as are allowed (%d), and not with one more', (_, most, make) => {
    expect(parseImageConfig(make(most)).diffIds).toBeDefined();
    expect(() => parseImageConfig(make(most + 1))).toThrow(
      expect.objectContaining({ code: 'IMAGE_CONFIG_INVALID' }),
    );
  });
});
