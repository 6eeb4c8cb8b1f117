import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { presentWay } from '../../../src/cli/present/present-way.js';
import { widthOf } from '../../../src/cli/present/width.js';
import type { WayEvent } from '../../../src/control/ways.js';
import { P2pimgError } from '../../../src/error.js';
import { digestOf, shortId } from '../../../src/image/digest.js';
import { writtenTerminal } from './written.js';

const configDigest = digestOf('app');
const file = 'backup.tar.zst';
const found: WayEvent = {
  type: 'found',
  image: 'team/app:2',
  names: ['team/app:2', 'team/app:latest'],
  configDigest,
  platform: 'linux/amd64',
  size: 757_000_000,
  sizeExact: true,
  from: file,
  to: 'docker',
};
const plan: WayEvent = {
  type: 'plan',
  layers: 4,
  layersHere: 3,
  bytesHere: 732_000_000,
  bytesToGo: 25_100_000,
  bytesExact: true,
};
const loading: readonly WayEvent[] = [
  { type: 'reading', file, read: 100_000_000, total: 431_000_000 },
  { type: 'sound', file, images: 2 },
  found,
  plan,
  { type: 'progress', received: 16_200_000, total: 25_100_000, totalExact: true },
  { type: 'waiting', for: 'docker' },
  { type: 'progress', received: 25_100_000, total: 25_100_000, totalExact: true },
  { type: 'loading', engine: 'docker' },
  {
    type: 'done',
    image: 'team/app:2',
    names: ['team/app:2', 'team/app:latest'],
    configDigest,
    id: configDigest,
    already: false,
    from: file,
    to: 'docker',
    received: 25_100_000,
    reused: 732_000_000,
    durationMs: 1400,
    replaced: [digestOf('before')],
  },
];
const written: WayEvent = {
  type: 'written',
  file,
  size: 431_000_000,
  images: [{ image: 'team/app:2', configDigest }],
  durationMs: 9100,
};
const id = shortId(configDigest);

function shown(style: 'moments' | 'quiet' | 'json', events: readonly WayEvent[], columns?: number) {
  const [output, errors] = [writtenTerminal(columns, { NO_COLOR: '1' }), writtenTerminal()];
  const presenter = presentWay(style, output, errors);
  for (const event of events) presenter.event(event);
  presenter.close();
  return output.text();
}

describe('a way without a peer', () => {
  it('is told in lines, where the output is no terminal', () => {
    expect(shown('moments', [...loading, written])).toBe(
      [
        'backup.tar.zst is sound: 2 images',
        `team/app:2: ${id} · linux/amd64 · 757 MB · from backup.tar.zst, to docker`,
        'team/app:2: there 3 of 4 layers, 732 MB; 25.1 MB to go',
        'team/app:2: waiting for docker',
        'team/app:2: loading, docker is unpacking',
        `team/app:2 is in docker, proved: sha256:${id}…  25.1 MB from backup.tar.zst in 1.4 s, 732 MB not sent; ` +
          `also team/app:latest; replaces ${shortId(digestOf('before'))}`,
        'backup.tar.zst is written  1 image, 431 MB, in 9.1 s',
        '',
      ].join('\n'),
    );
  });

  it.each([60, 80, 200])('fits a terminal of %i columns, with bytes and what is waited for', (columns) => {
    const text = shown('moments', [...loading, written], columns);
    expect(text).toContain('16.2 of 25.1 MB');
    expect(text).toMatch(/waiting +for docker/);
    expect(text).toContain(`✓ team/app:2 is in docker, proved: sha256:${id}…`);
    for (const line of text.split(/[\r\n]/))
      expect(widthOf(stripVTControlCharacters(line))).toBeLessThan(columns);
  });

  it('prints only names and digests with --quiet, and every event with --json', () => {
    expect(shown('quiet', loading)).toBe(`team/app:2 ${configDigest}\n`);
    expect(shown('quiet', [found, written])).toBe(`team/app:2 ${configDigest}\n`);
    expect(
      shown('json', [...loading, written])
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([...loading, written]);
  });

  it('tells of a file that does not hold what is wrong with it, and what to do', () => {
    const errors = writtenTerminal(undefined, { NO_COLOR: '1' });
    const error = new P2pimgError('ARCHIVE_INVALID', 'the archive is unsound: it breaks off', { file });
    presentWay('moments', writtenTerminal(), errors).failed(error);
    expect(errors.text()).toBe(
      [
        'p2pimg: backup.tar.zst is not a sound archive of images',
        '  because   the archive is unsound: it breaks off',
        '  kept      nothing of it',
        '  try       the file once more from where it comes from: it may be cut short',
        '',
      ].join('\n'),
    );
  });
});
