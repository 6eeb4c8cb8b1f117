import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRate } from '../../src/cli/rate.js';
import { runCommand, type ScriptedDevice, startScriptedDevice } from './command.js';

describe('a rate', () => {
  it.each([
    ['30MB/s', 30_000_000],
    ['500kB', 500_000],
    ['1.5G', 1_500_000_000],
    ['100Mbit/s', 12_500_000],
    ['1mbps', 1_000_000],
    ['250000', 250_000],
  ])('may be written as %s', (text, bytes) => expect(parseRate(text)).toBe(bytes));

  it.each(['fast', '30 MB per second', '-1MB', '99kB/s', '0', ''])('is not %j', (text) =>
    expect(() => parseRate(text)).toThrowError(expect.objectContaining({ code: 'USAGE' })),
  );
});

describe.skipIf(process.platform === 'win32')('with an agent', { timeout: 60_000 }, () => {
  let device: ScriptedDevice;
  beforeEach(async () => {
    device = await startScriptedDevice();
  });
  afterEach(() => device.close());

  it.each([
    [
      ['share', 'team/*', 'node'],
      [
        { type: 'share', pattern: 'team/*' },
        { type: 'share', pattern: 'node' },
      ],
    ],
    [['hide', '<none>'], [{ type: 'hide', pattern: '<none>' }]],
    [['pause'], [{ type: 'pause' }]],
    [['resume'], [{ type: 'resume' }]],
    [['limit', 'up', '30MB/s'], [{ type: 'up', bytesPerSecond: 30_000_000 }]],
    [['limit', 'down', 'off'], [{ type: 'down' }]],
    [['limit', 'uploads', '2'], [{ type: 'uploads', limit: 2 }]],
    [['share', '--list'], []],
    [['limit'], []],
  ])('%j asks it for %j', async (words, changes) => {
    expect((await runCommand(device.home, words)).code).toBe(0);
    expect(device.operations.calls).toEqual(changes.map((change) => ({ change })));
  });

  it.each([
    [['hide']],
    [['limit', 'up']],
    [['limit', 'up', 'fast']],
    [['limit', 'x', '1']],
    [['limit', 'uploads', '0']],
  ])('ends with 2 after the wrong usage %j', async (words) => {
    expect((await runCommand(device.home, words)).code).toBe(2);
    expect(device.operations.calls).toEqual([]);
  });

  it('shows what is shared, and by which rules', async () => {
    device.operations.settingsReport = {
      sharing: [{ hide: 'secret/*' }, { share: 'secret/base' }],
      paused: false,
      uploads: 4,
      uploadLimit: 30_000_000,
      shared: ['node:20', 'secret/base:1'],
      hidden: ['secret/db:1'],
    };
    expect((await runCommand(device.home, ['share', '--list'])).stdout).toBe(
      [
        '2 names shared, 1 hidden',
        '  by rule   the last that fits a name holds',
        '  hide      secret/*',
        '  share     secret/base',
        '  shared    node:20, secret/base:1',
        '  hidden    secret/db:1',
        '',
      ].join('\n'),
    );
    expect((await runCommand(device.home, ['limit'])).stdout).toBe(
      '  up        30.0 MB/s\n  down      off\n  uploads   4 at once\n',
    );
  });
});

describe('without an agent', { timeout: 60_000 }, () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'p2pimg-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('the commands change the configuration themselves, for its owner alone', async () => {
    const env = { P2PIMG_ENGINE: 'store' };
    for (const words of [['hide', 'secret/*'], ['limit', 'down', '1MB/s'], ['pause']])
      expect((await runCommand(home, words, '', env)).code).toBe(0);
    const file = join(home, 'config', 'config.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      sharing: [{ hide: 'secret/*' }],
      downloadLimit: 1_000_000,
      paused: true,
    });
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
