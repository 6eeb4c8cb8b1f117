import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/agent/configuration.js';
import { P2pimgError } from '../../src/error.js';
import { testFolder } from '../engine/store-folder.js';

/** A folder with this configuration. */
async function configured(text: string): Promise<{ folder: string; file: string }> {
  const folder = await testFolder();
  const file = path.join(folder, 'config.json');
  writeFileSync(file, text);
  return { folder, file };
}

/** What reading the configuration fails with. */
async function refusalOf(folder: string): Promise<P2pimgError> {
  const failure = await readConfiguration(folder).catch((error: unknown) => error);
  if (failure instanceof P2pimgError) return failure;
  throw new Error('it was read');
}

describe('a configuration', () => {
  it('need not be there', async () => {
    expect(await readConfiguration(await testFolder())).toEqual({
      name: hostname().replace(/\..*$/, '').slice(0, 60),
      port: undefined,
      engine: undefined,
      lane: 'auto',
      archives: undefined,
      peers: [],
      interfaces: [],
      uploads: 4,
      sharing: [],
      paused: false,
      uploadLimit: undefined,
      downloadLimit: undefined,
      accept: 'team',
      archiveCompression: 'zstd',
      acceptSize: 20_000_000_000,
      patienceSeconds: 120,
    });
  });

  it('may have every key', async () => {
    const all = {
      name: 'ada',
      port: 1,
      engine: 'store',
      lane: 'save',
      archives: '/srv/images',
      peers: ['10.0.0.1:47470'],
      interfaces: ['eth0'],
      uploads: 1000,
      sharing: [{ hide: '*' }, { share: 'team/*' }],
      paused: true,
      uploadLimit: 100_000,
      downloadLimit: 1_000_000_000,
      accept: 'ask',
      archiveCompression: 'gzip',
      acceptSize: 0,
      patienceSeconds: 0.5,
    };
    expect(await readConfiguration((await configured(JSON.stringify(all))).folder)).toEqual(all);
  });

  it('takes what is missing from the defaults', async () => {
    const { folder } = await configured('{ "uploads": 2 }');
    expect(await readConfiguration(folder)).toMatchObject({ uploads: 2, patienceSeconds: 120, peers: [] });
  });

  it.each([
    ['{\n  "name": "ada"\n  "port": 1\n}', 3, 3],
    ['{\n  "port": 1,\n}', 3, 1],
    ['{ "port": 1 } x', 1, 15],
    ['{ port: 1 }', 1, 3],
    ['{\n  "name": "ada', 2, 15],
    ['{\n  "port": 1', 2, 12],
  ])(
    'that is no JSON (%j) is refused with the line and the column, and left as it is',
    async (text, line, column) => {
      const { folder, file } = await configured(text);
      const failure = await refusalOf(folder);
      expect(failure).toMatchObject({ code: 'CONFIG_INVALID', facts: { file } });
      expect(failure.facts.why).toMatch(new RegExp(`line ${line},? column ${column}\\b`));
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it.each([
    ['{\n  "port": }', 2, 11],
    ['', 1, 1],
    ['{\n  "name": online }', 2, 11],
    ['{\n  "engine": "at position 3", "port": x,\n  "uploads": x\n}', 2, 38],
    ['undefined', 1, 1],
  ])(
    'that is no JSON (%j) is refused with the place where Node’s parser names none',
    async (text, line, column) => {
      const { folder } = await configured(text);
      expect((await refusalOf(folder)).facts.why).toMatch(new RegExp(`line ${line},? column ${column}\\b`));
    },
  );

  it.each([
    ['name', '""'],
    ['name', JSON.stringify('x'.repeat(61))],
    ['port', '"47470"'],
    ['port', '0'],
    ['port', '65536'],
    ['port', '1.5'],
    ['engine', 'false'],
    ['peers', '"ada"'],
    ['peers', '[1]'],
    ['interfaces', '{}'],
    ['uploads', '0'],
    ['patienceSeconds', '-1'],
    ['patienceSeconds', 'null'],
  ])('with a wrong %s (%s) is refused by that name, and left as it is', async (key, value) => {
    const text = `{ "${key}": ${value} }`;
    const { folder, file } = await configured(text);
    const failure = await refusalOf(folder);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', facts: { file } });
    expect(failure.facts.why).toMatch(new RegExp(`\\b${key}\\b`));
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('with a key that nobody knows is refused', async () => {
    const { folder } = await configured('{ "uplaods": 2 }');
    expect((await refusalOf(folder)).code).toBe('CONFIG_INVALID');
  });

  it('with a key that nobody knows is refused by that name', async () => {
    const { folder } = await configured('{ "uplaods": 2 }');
    expect((await refusalOf(folder)).facts.why).toMatch(/uplaods/);
  });

  it.each(['[]', 'null', '7', '"text"'])('that is no object (%s) is refused', async (text) => {
    const { folder } = await configured(text);
    expect((await refusalOf(folder)).code).toBe('CONFIG_INVALID');
  });
});
