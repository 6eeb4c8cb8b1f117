import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImage } from '../../demo/make-image.js';
import { openEngine } from '../../src/agent/open-engine.js';
import type { UpReport } from '../../src/cli/present/up.js';
import { until } from '../lab/until.js';
import { runCommand } from './command.js';

const given = ['--engine', 'store', '--interface', '127.0.0.1'];

describe.skipIf(process.platform === 'win32')('two machines with nothing', { timeout: 90_000 }, () => {
  let folder: string;
  const pids: number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-up-'));
  });

  afterAll(async () => {
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    await until(
      async () => pids.filter(isAlive),
      (alive) => alive.length === 0,
    );
    await rm(folder, { recursive: true, force: true });
  });

  const on = (name: string) => path.join(folder, name);
  const up = async (name: string, words: string[], input = ''): Promise<UpReport> => {
    const { code, stdout, stderr } = await runCommand(
      on(name),
      [...given, 'up', '--no-service', '--json', ...words],
      input,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as UpReport;
    if (report.agent === 'background') pids.push(report.status.pid ?? 0);
    return report;
  };

  it('share images after `up` on the first, and `up -` with its invite on the second', async () => {
    const first = await up('ada', []);
    expect(first).toMatchObject({ agent: 'background', joined: false, status: { running: true } });
    const { engine } = await openEngine({
      named: 'store',
      stateFolder: path.join(on('ada'), 'state'),
      lane: { choice: 'save', secret: '' },
    });
    await makeImage(engine, 'team/app:1');
    await engine.close();

    const second = await up('bob', ['-'], first.team.invite);
    expect(second).toMatchObject({ agent: 'background', joined: true, team: { tag: first.team.tag } });
    const { code, stdout } = await runCommand(on('bob'), ['get', 'team/app:1', '--quiet']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^team\/app:1 sha256:/),
    });
  });

  it('stay as they are when it is typed once more', async () => {
    const before = await up('ada', []);
    expect(before.agent).toBe('running');
    expect((await up('ada', [])).team).toEqual(before.team);
  });

  it('say what is shared, and what a colleague types', async () => {
    const { code, stdout } = await runCommand(on('ada'), [...given, 'up', '--no-service']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/shares 1 image with team/);
    expect(stdout).toMatch(/^ {2}p2pimg up -$[\s\S]*^ {2}p2pimg-/m);
  });

  it('hear what kept the agent from starting', async () => {
    const words = ['--engine', 'nonsense://x', 'up', '--no-service'];
    const { code, stderr } = await runCommand(on('cleo'), words);
    expect(code).toBe(7);
    expect(stderr).toMatch(/because +the configuration does not hold: an engine is unix:/);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
