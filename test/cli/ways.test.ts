import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { commandLine, runCommand, startCommand } from './command.js';

describe.skipIf(process.platform === 'win32')('the commands without a peer', { timeout: 60_000 }, () => {
  let folder: string;
  let image: Image;
  const at = (name: string) => path.join(folder, name);
  const run = (...args: string[]) => runCommand(at('home'), args, '', { P2PIMG_ENGINE: 'store' });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-ways-'));
    image = await buildImage({ layers: [{ entries: [file('app', { random: 50_000 })] }] });
    const bytes = await buffer(archive([{ content: image, names: ['docker.io/team/app:1'] }]));
    await writeFile(at('a.tar'), bytes);
    await writeFile(at('cut.tar'), bytes.subarray(0, -2000));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('end with 5 for a file that is cut short, from wherever it comes, and load nothing', async () => {
    const cut = await readFile(at('cut.tar'));
    const { child, ended } = startCommand(at('home'), ['load', '--json'], { P2PIMG_ENGINE: 'store' });
    child.stdin?.end(cut);
    expect(await ended).toMatchObject({ code: 5 });
    const { code, stderr } = await run('load', '-i', at('cut.tar'));
    expect(code).toBe(5);
    expect(stderr).toContain('cut.tar is not a sound archive of images');
    expect(await run('copy', 'team/app:1', '--to', `layout:${at('to')}`)).toMatchObject({ code: 3 });
  });

  it('load, save and copy, and say so in one line each', async () => {
    expect(await run('load', '-i', at('a.tar'), '-q')).toMatchObject({
      code: 0,
      stdout: `team/app:1 ${image.config.digest}\n`,
    });
    const saved = await run('save', 'team/app:1', '-o', at('b.tar.gz'));
    expect(saved).toMatchObject({ code: 0, stderr: '' });
    expect(saved.stdout).toMatch(/b\.tar\.gz is written {2}1 image, [\d.]+ kB, in [\d.]+ s\n$/);
    const copied = await run('copy', 'team/app:1', '--to', `layout:${at('layout')}`);
    expect(copied.stdout).toMatch(
      /^team\/app:1 is in layout:\S+, proved: sha256:\w{8}… {2}[\d.]+ kB from the embedded store in/m,
    );
    const again = await run('copy', 'team/app:1', '--to', `layout:${at('layout')}`, '--json');
    expect(JSON.parse(again.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'done',
      already: true,
    });
  });

  it('write an archive to a pipe, and their words beside it', async () => {
    await run('load', '-i', at('a.tar'), '-q');
    await run('save', 'team/app:1', '-o', at('c.tar'));
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...commandLine, 'save', 'team/app:1', '-o', '-'],
      { env: { ...process.env, P2PIMG_HOME: at('home'), P2PIMG_ENGINE: 'store' } },
    );
    expect(status).toBe(0);
    expect(stdout.equals(await readFile(at('c.tar')))).toBe(true);
    expect(stderr.toString()).toContain('standard output is written');
  });

  it.each([
    [2, ['save', 'team/app:1']],
    [2, ['save', 'NOT/A/Name', '-o', 'x.tar']],
    [2, ['save', 'team/app:1', '-o', 'x.tar.bz2']],
    [2, ['load', '-i', '/nowhere/a.tar']],
    [2, ['load', '-i', '/']],
    [2, ['copy', 'team/app:1', '--from', 'machine:nobody']],
    [2, ['copy', 'team/app:1', '--from', 'layout:/nowhere']],
    [3, ['save', 'team/nobody:1', '-o', '/nowhere/x.tar']],
    [6, ['copy', 'team/app:1', '--from', 'unix:///nowhere/docker.sock']],
  ])('end with %i after %j', async (code, args) => {
    const ended = await run(...args);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(/^p2pimg: \S/)]);
    expect((await readdir(folder)).filter((name) => name.startsWith('x.'))).toEqual([]);
  });
});
