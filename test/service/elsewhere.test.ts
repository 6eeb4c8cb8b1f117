import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LaunchdService } from '../../src/service/launchd.js';
import type { Ended } from '../../src/service/program.js';
import { ScheduledTask } from '../../src/service/scheduled-task.js';

const agent = { words: ['/opt/node', '/opt/p 2/main.js', 'agent'], environment: {} };
const done: Ended = { type: 'ended', code: 0, stdout: '', stderr: '' };
const failed: Ended = { type: 'ended', code: 113, stdout: '', stderr: 'Could not find service\n' };

/** A program of another system: notes its command lines, and answers as a test has it. */
class Scripted {
  readonly lines: string[] = [];
  answer: (line: string) => Ended = () => done;
  readonly run = async (...words: readonly string[]): Promise<Ended> => {
    const line = words.join(' ');
    this.lines.push(line);
    return this.answer(line);
  };

  /** The lines since the last call, but for the questions. */
  deeds(): string[] {
    return this.lines.splice(0).filter((line) => !/^launchctl print|^schtasks \/Query/.test(line));
  }
}

describe('the service of macOS', () => {
  let home: string;
  let launchctl: Scripted;
  let service: LaunchdService;
  let loaded: 'no' | 'running' | 'stopped';

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'p2pimg-launchd-'));
    loaded = 'no';
    launchctl = new Scripted();
    launchctl.answer = (line) => {
      if (line.startsWith('launchctl bootstrap')) loaded = 'running';
      if (line.startsWith('launchctl bootout')) loaded = 'no';
      if (!line.startsWith('launchctl print')) return done;
      if (loaded === 'no') return failed;
      return {
        ...done,
        stdout: `x = {\n${loaded === 'running' ? '\tpid = 71\n' : '\tlast exit code = 7\n'}}`,
      };
    };
    service = new LaunchdService(home, 501, launchctl.run);
  });

  afterEach(() => rm(home, { recursive: true, force: true }));

  const file = () => path.join(home, 'Library', 'LaunchAgents', 'io.github.p2pimg.agent.plist');

  it('is loaded once, and loaded anew when what it runs has changed', async () => {
    await service.install(agent);
    expect(launchctl.deeds()).toEqual([`launchctl bootstrap gui/501 ${file()}`]);
    expect(await readFile(file(), 'utf8')).toContain('<string>/opt/p 2/main.js</string>');
    await service.install(agent);
    expect(launchctl.deeds()).toEqual(['launchctl kickstart gui/501/io.github.p2pimg.agent']);
    await service.install({ ...agent, words: [...agent.words, '--port', '1'] });
    expect(launchctl.deeds()).toEqual([
      'launchctl bootout gui/501/io.github.p2pimg.agent',
      `launchctl bootstrap gui/501 ${file()}`,
    ]);
  });

  it('tells how it is', async () => {
    expect(await service.status()).toMatchObject({ state: 'absent', atLogin: false });
    await service.install(agent);
    expect(await service.status()).toMatchObject({ state: 'running', atLogin: true, pid: 71 });
    loaded = 'stopped';
    expect(await service.status()).toMatchObject({ state: 'failed', reason: 'it ended with 7' });
  });

  it('leaves the home as it was when it is uninstalled', async () => {
    await service.install(agent);
    launchctl.deeds();
    await service.uninstall();
    expect(launchctl.deeds()).toEqual(['launchctl bootout gui/501/io.github.p2pimg.agent']);
    expect(await readdir(home)).toEqual([]);
    await service.uninstall();
    expect(launchctl.deeds()).toEqual([]);
  });

  it('fails with what launchctl said', async () => {
    launchctl.answer = () => failed;
    await expect(service.install(agent)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      facts: { reason: 'Could not find service' },
    });
  });
});

describe('the service of Windows', () => {
  it('is a task of this user at logon, without more rights', async () => {
    const schtasks = new Scripted();
    const service = new ScheduledTask(schtasks.run);
    await service.install(agent);
    expect(schtasks.deeds()).toEqual([
      'schtasks /Create /F /SC ONLOGON /RL LIMITED /TN p2pimg /TR /opt/node "/opt/p 2/main.js" agent',
      'schtasks /Run /TN p2pimg',
    ]);
    schtasks.answer = () => ({ ...done, stdout: '"\\p2pimg","N/A","Running"\r\n' });
    expect(await service.status()).toMatchObject({ state: 'running', atLogin: true });
    await service.uninstall();
    expect(schtasks.deeds()).toEqual(['schtasks /End /TN p2pimg', 'schtasks /Delete /F /TN p2pimg']);
    schtasks.answer = () => failed;
    expect(await service.status()).toMatchObject({ state: 'absent', atLogin: false });
  });
});
