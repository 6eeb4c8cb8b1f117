import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GetEvent } from '../../src/control/api.js';
import { paths } from '../../src/control/paths.js';
import { type ErrorCode, P2pimgError } from '../../src/error.js';
import { done, endlessGet, failingGet, found, goodEvents, goodGet } from '../control/scripted-operations.js';
import { runCommand, type ScriptedDevice, startCommand, startScriptedDevice } from './command.js';

describe.skipIf(process.platform === 'win32')('the command', { timeout: 60_000 }, () => {
  let device: ScriptedDevice;
  const run = (...args: string[]) => runCommand(device.home, args);
  const parsed = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  beforeEach(async () => {
    device = await startScriptedDevice();
  });

  afterEach(() => device.close());

  it('ends with 0 when the image is here, and one sentence says so', async () => {
    const { code, stdout, stderr } = await run(
      'get',
      'team/app:2',
      '--from',
      'mara',
      '--platform',
      'linux/arm64',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^team\/app:2 is here, proved: sha256:\w{8}… {2}25\.1 MB from mara-thinkpad in 1\.4 s, 732 MB not sent$/,
    );
    expect(device.operations.calls).toEqual([
      { get: { image: 'team/app:2', from: 'mara', platform: 'linux/arm64' } },
    ]);
  });

  it.each<[number, ErrorCode]>([
    [1, 'UNEXPECTED'],
    [2, 'SELECTOR_AMBIGUOUS'],
    [3, 'NOBODY_HAS_IT'],
    [4, 'PEER_LOST'],
    [5, 'DIGEST_MISMATCH'],
    [6, 'ENGINE_UNREACHABLE'],
    [7, 'REFUSED'],
    [8, 'NO_SPACE'],
  ])('ends with %d after %s, and tells it on standard error', async (expected, errorCode) => {
    device.operations.onGet = () => failingGet(new P2pimgError(errorCode, 'the message'), found);
    const { code, stderr } = await run('get', 'team/app:2');
    expect(code).toBe(expected);
    expect(stderr).toMatch(/^p2pimg: \S/);
  });

  it.each([
    [[]],
    [['get']],
    [['get', '--frob', 'x']],
    [['frob']],
    [['get', 'NOT/A/Name']],
    [['get', 'team/app', '--platform', 'linux']],
    [['ls', '--peer', 'nohost']],
    [['agent', '--port', '99999']],
  ])('ends with 2 after the wrong usage %j', async (args) => {
    const { code, stdout } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(device.operations.calls).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with 130 after %s, once the get has ended cleanly',
    async (signal) => {
      const order: string[] = [];
      device.operations.onGet = (_, aborted) =>
        endlessGet(aborted, async () => void order.push('cleaned'), found);
      const { child, ended } = startCommand(device.home, ['get', 'team/app:2']);
      child.stdout?.once('data', () => child.kill(signal));
      const { code, stderr } = await ended;
      order.push('ended');
      expect(code).toBe(130);
      expect(stderr).toBe('p2pimg: interrupted; nothing of team/app:2 was kept\n');
      expect(order).toEqual(['cleaned', 'ended']);
    },
  );

  it('ends at once after a second Ctrl-C, whatever the agent still does', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    device.operations.onGet = (_, aborted) => endlessGet(aborted, () => released, found);
    const { child, ended } = startCommand(device.home, ['get', 'team/app:2']);
    // the first makes it say that it is stopping, and that is answered with the second
    child.stdout?.on('data', () => child.kill('SIGINT'));
    const { code, stderr } = await ended;
    release();
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  });

  it('tries all of several images, and ends with the first failure', async () => {
    device.operations.onGet = ({ image }) =>
      image === 'team/a'
        ? failingGet(new P2pimgError('NOBODY_HAS_IT', 'nobody'))
        : image === 'team/b'
          ? failingGet(new P2pimgError('NO_SPACE', 'full'))
          : goodGet();
    const { code, stdout, stderr } = await run('get', 'team/a', 'team/b', 'team/app:2', '--quiet');
    expect(code).toBe(3);
    expect(stdout).toBe(`team/app:2 ${done.type === 'done' ? done.configDigest : ''}\n`);
    expect(stderr).toMatch(/nobody on this network has team\/a\n[\s\S]*no space left for team\/b\n/);
  });

  it('prints each event, and an error as the last, with --json', async () => {
    expect(parsed((await run('get', 'team/app:2', '--json')).stdout)).toEqual(goodEvents);
    device.operations.onGet = () => failingGet(new P2pimgError('PEER_LOST', 'gone', { peer: 'mara' }), found);
    const { code, stdout, stderr } = await run('get', 'team/app:2', '--json');
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    expect(parsed(stdout)).toEqual([
      found,
      { type: 'error', code: 'PEER_LOST', message: 'gone', facts: { image: 'team/app:2', peer: 'mara' } },
    ]);
  });

  it('says so when the agent dies in the middle', async () => {
    const home = join(device.home, 'dying');
    const { runtime, socket } = paths({ P2PIMG_HOME: home });
    await mkdir(runtime, { recursive: true, mode: 0o700 });
    const looking = `${JSON.stringify({ type: 'looking', image: 'team/app:2' })}\n`;
    const dying = createServer((connection) => {
      connection.on('error', () => undefined);
      connection.once('data', () =>
        connection.end(`HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${looking}`),
      );
    });
    await once(dying.listen(socket), 'listening');
    const { code, stdout, stderr } = await runCommand(home, ['get', 'team/app:2']);
    dying.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'team/app:2: looking on this network\n' });
    expect(stderr).toMatch(/^p2pimg: the agent on this device went away in the middle of it\n/);
  });

  it('ends quietly when its reader goes away', async () => {
    device.operations.onGet = async function* (): AsyncGenerator<GetEvent> {
      for (;;) {
        yield found;
        await setImmediate();
      }
    };
    const { child, ended } = startCommand(device.home, ['get', 'team/app:2']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  });

  it('lists only what a pattern asks for', async () => {
    const row = {
      id: done.type === 'done' ? done.id : found.type,
      platforms: [],
      size: 1,
      peers: [],
      here: 'no',
    };
    const images = [
      { ...row, reference: 'team/app:2' },
      { ...row, reference: 'other:1' },
    ];
    device.operations.listReport = { team: 'tag', peers: [], otherTeams: 0, images } as never;
    const { stdout } = await run('ls', 'team/*', '--json');
    expect(parsed(stdout)).toMatchObject([{ team: 'tag', images: [{ reference: 'team/app:2' }] }]);
    expect((await run('ls')).stdout).toContain('other:1');
  });

  it('gives each report to programs', async () => {
    const { operations } = device;
    expect(parsed((await run('peers', '--json')).stdout)).toEqual([operations.peersReport]);
    expect(parsed((await run('status', '--json')).stdout)).toEqual([operations.statusReport]);
    expect(parsed((await run('team', 'show', '--json')).stdout)).toEqual([operations.teamReport]);
    expect(parsed((await run('team', 'leave', '--json')).stdout)).toEqual([{ team: null }]);
  });

  it('tells what a colleague types, without the invite among its arguments', async () => {
    const { stdout } = await run('team', 'create', '--replace');
    expect(stdout).toMatch(/^ {2}p2pimg team join$/m);
    expect(stdout).toMatch(/^ {2}p2pimg-invite-secret$/m);
    expect(device.operations.calls).toEqual([{ create: { replace: true } }]);
  });

  it('reads an invite from standard input', async () => {
    const { code } = await runCommand(device.home, ['team', 'join', '-'], 'the-invite\n');
    expect(code).toBe(0);
    expect(device.operations.calls).toEqual([{ join: { invite: 'the-invite', replace: false } }]);
  });

  it('ends with 2 where no invite comes, and with 7 where the team is in use', async () => {
    expect((await runCommand(device.home, ['team', 'join', '-'], '\n')).code).toBe(2);
    device.operations.teamFailure = new P2pimgError('TEAM_IN_USE', 'in use', { members: ['mara'] });
    const { code, stderr } = await run('team', 'create');
    expect(code).toBe(7);
    expect(stderr).toContain('--replace');
  });

  it.skipIf(process.platform !== 'linux')('wipes an invite out of its arguments', async () => {
    let seen: string | undefined;
    const { child, ended } = startCommand(device.home, ['team', 'join', 'a-secret-invite-among-arguments']);
    const { operations } = device;
    operations.joinTeam = async () => {
      seen = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
      return operations.teamReport;
    };
    expect((await ended).code).toBe(0);
    expect(seen).toContain('p2pimg team join');
    expect(seen).not.toContain('secret');
  });

  it.each([
    [['gett', 'x'], "p2pimg: unknown command 'gett'\n  try       p2pimg get\n"],
    [['get', '--form', 'x'], "p2pimg: unknown option '--form'\n  try       p2pimg get --from\n"],
    [['team', 'x'], "p2pimg: unknown command 'x'\n  try       p2pimg team --help\n"],
    [['hide'], "p2pimg: missing required argument 'pattern'\n  try       p2pimg hide --help\n"],
  ])('tells a wrong usage as it tells all failures: %j', async (words, stderr) => {
    expect(await run(...words)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('tells a wrong usage to a program, too', async () => {
    const { code, stdout, stderr } = await run('ls', '--json', '--nothing');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(parsed(stdout)).toMatchObject([{ type: 'error', code: 'USAGE' }]);
  });

  it('shows its version without its parts', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
