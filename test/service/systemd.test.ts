import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../src/control/api.js';
import type { ServiceStatus } from '../../src/service/port.js';
import { UserSystemd, whyNoSystemd } from './user-systemd.js';

const given = ['--engine', 'store', '--interface', '127.0.0.1'];

describe.skipIf(whyNoSystemd())('the service, with a real systemd of a user', { timeout: 90_000 }, () => {
  let user: UserSystemd;

  beforeAll(async () => {
    user = await UserSystemd.start();
  });

  afterAll(() => user?.stop());

  const service = async (deed: string): Promise<ServiceStatus> => {
    const { code, stdout, stderr } = await user.p2pimg(...given, 'service', deed, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  /** Waits until another process than this one is the agent, and ready. */
  const another = async (pid: string): Promise<void> => {
    const now = async () => [await user.property('ActiveState'), await user.property('MainPID')];
    const isAnother = ([state, other]: string[]) => state === 'active' && other !== pid && other !== '0';
    await expect.poll(now, { timeout: 40_000 }).toSatisfy(isAnother);
  };

  it('is absent at first', async () => {
    expect(await service('status')).toMatchObject({ by: 'systemd', state: 'absent', atLogin: false });
    expect((await user.p2pimg('service', 'start')).code).toBe(7);
    await service('uninstall');
    expect(await user.tree()).toEqual([]);
  });

  it('runs the agent once it is installed, which says itself that it is ready, and how it is', async () => {
    const installed = await service('install');
    expect(installed).toMatchObject({ state: 'running', atLogin: true });
    expect(await user.property('Type')).toBe('notify');
    expect(await user.property('StatusText')).toMatch(/^listens on port \d+$/);
    const { stdout } = await user.p2pimg('status', '--json');
    const status = JSON.parse(stdout) as StatusReport;
    expect(status).toMatchObject({ running: true, engine: { state: 'up' } });
  });

  it('stays the same process through another install, and is another after one that changes it', async () => {
    const pid = await user.property('MainPID');
    await service('install');
    expect(await user.property('MainPID')).toBe(pid);
    const { code } = await user.p2pimg(...given, '--peer', '127.0.0.1:9', 'service', 'install');
    expect(code).toBe(0);
    expect(await user.property('MainPID')).not.toBe(pid);
  });

  it('is started again after a crash', async () => {
    const pid = await user.property('MainPID');
    await user.run('systemctl', '--user', 'kill', '--kill-whom=main', '--signal=SIGKILL', 'p2pimg');
    await another(pid);
  });

  it('keeps its watchdog quiet while it runs, and is started again when it stands still', async () => {
    await user.run(
      'bash',
      '-c',
      `folder=$XDG_RUNTIME_DIR/systemd/user/p2pimg.service.d && mkdir -p $folder &&
       printf '[Service]\\nWatchdogSec=3\\n' > $folder/short.conf &&
       systemctl --user daemon-reload && systemctl --user restart p2pimg`,
    );
    const pid = await user.property('MainPID');
    const pinged = () => user.property('WatchdogTimestampMonotonic');
    const atFirst = await pinged();
    await expect.poll(pinged, { timeout: 10_000 }).not.toBe(atFirst);
    const then = await pinged();
    await expect.poll(pinged, { timeout: 10_000 }).not.toBe(then);
    expect(await user.property('MainPID')).toBe(pid);
    await user.run('systemctl', '--user', 'kill', '--kill-whom=main', '--signal=SIGSTOP', 'p2pimg');
    await another(pid);
  });

  it('stops and starts when it is told to, twice the same', async () => {
    expect(await service('stop')).toMatchObject({ state: 'stopped', atLogin: true });
    expect(await user.property('Result')).toBe('success');
    expect(await service('stop')).toMatchObject({ state: 'stopped' });
    expect(await service('start')).toMatchObject({ state: 'running' });
    expect(await service('start')).toMatchObject({ state: 'running' });
  });

  it('is what `up` installs and starts, in a team of its own', async () => {
    await service('uninstall');
    const { code, stdout } = await user.p2pimg(...given, 'up', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ agent: 'service', joined: false, team: { members: [] } });
    expect(await service('status')).toMatchObject({ state: 'running', atLogin: true });
  });

  it('leaves the home as it was when it is uninstalled, and no process', async () => {
    expect(await user.tree()).not.toEqual([]);
    expect(await service('uninstall')).toMatchObject({ state: 'absent' });
    expect(await user.tree()).toEqual([]);
    expect((await user.run('pgrep', '-f', 'agent --engine')).stdout).toBe('');
    expect(await service('uninstall')).toMatchObject({ state: 'absent' });
  });
});
