import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkExposure } from '../../src/trust/exposure.js';
import { runCommand, type ScriptedDevice, startScriptedDevice } from './command.js';

const secrets = ['identity.json', 'team.json'];

describe.skipIf(process.platform === 'win32')('what only its owner may read', () => {
  let folder: string;
  const own = () => ({ config: path.join(folder, 'config'), state: path.join(folder, 'state') });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-exposure-'));
    for (const each of Object.values(own())) await mkdir(each, { mode: 0o700 });
    for (const name of secrets) await writeFile(path.join(own().config, name), '{}', { mode: 0o600 });
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is fine as p2pimg makes it, and where there is nothing', async () => {
    await checkExposure(own());
    await checkExposure({ config: path.join(folder, 'none'), state: path.join(folder, 'none') });
  });

  it.each([
    ['config/identity.json', 0o640, '600'],
    ['config/identity.json', 0o604, '600'],
    ['config/team.json', 0o620, '600'],
    ['state', 0o750, '700'],
    ['state', 0o701, '700'],
    ['config', 0o720, '700'],
    ['config', 0o702, '700'],
  ])('is refused as %s with mode %o, and the command that it names mends it', async (name, mode, mended) => {
    const file = path.join(folder, name);
    await chmod(file, mode);
    const command = `chmod ${mended} ${file}`;
    await expect(checkExposure(own())).rejects.toMatchObject({ code: 'SECRET_EXPOSED', facts: { command } });
    await chmod(file, Number.parseInt(mended, 8));
    await checkExposure(own());
  });

  it('may stand in a configuration folder that others can read: the files themselves cannot be', async () => {
    await chmod(own().config, 0o755);
    await checkExposure(own());
  });
});

describe.skipIf(process.platform === 'win32')('every command', { timeout: 120_000 }, () => {
  let device: ScriptedDevice;
  let file: string;

  beforeEach(async () => {
    device = await startScriptedDevice();
    file = path.join(device.home, 'config', 'team.json');
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, '{}', { mode: 0o644 });
    await chmod(file, 0o644);
  });

  afterEach(() => device.close());

  it.each([['ls'], ['status'], ['get', 'team/app:2'], ['team', 'rotate'], ['agent']])(
    'looks before it asks anybody: %s %s',
    async (...words) => {
      const { code, stdout, stderr } = await runCommand(device.home, words);
      expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
      expect(stderr).toBe(
        `p2pimg: ${file} is not safe to use: others can get at it\n  try       chmod 600 ${file}\n`,
      );
      expect(device.operations.calls).toEqual([]);
    },
  );

  it('tells programs, with the command among the facts', async () => {
    const { code, stdout } = await runCommand(device.home, ['status', '--json']);
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'SECRET_EXPOSED',
      facts: { file, command: `chmod 600 ${file}` },
    });
  });

  it('goes on once that is mended', async () => {
    await chmod(file, 0o600);
    expect((await runCommand(device.home, ['status'])).code).toBe(0);
  });
});
