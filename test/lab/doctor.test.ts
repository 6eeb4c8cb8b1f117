import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NamedFinding } from '../../src/cli/doctor/examine.js';
import type { CheckName } from '../../src/cli/doctor/finding.js';
import { archive } from '../fixtures/archive.js';
import { buildImage } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { type Result, sh } from './process.js';
import { clear } from './stock.js';
import { until } from './until.js';
import { bringUpLab, startEngine, stopEngine, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, nas } = workstations;
const all = [ada, bob, cleo, nas];
const cli = path.resolve('dist/cli/main.js');
const nobody = 65_534;

let devices: Device[] = [];
const cleanups: (() => unknown)[] = [];
const on = (workstation: Workstation): Device => {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

interface Told {
  readonly code: number | null;
  readonly findings: readonly NamedFinding[];
}

function read({ code, stdout, stderr }: Result): Told {
  if (stdout === '') throw new Error(`the doctor ended with ${code}: ${stderr}`);
  return { code, findings: (JSON.parse(stdout) as { findings: NamedFinding[] }).findings };
}

const doctor = async (device: Device): Promise<Told> => read(await device.run(['doctor', '--json']));
const of = (check: CheckName, { findings }: Told) => findings.find((finding) => finding.check === check);
const failed = ({ findings }: Told) =>
  findings.filter(({ level }) => level === 'fail').map(({ check }) => check);

/** Asks the doctor until a check says this: peers and engines take a moment to be noticed. */
async function untilLevel(device: Device, check: CheckName, level: NamedFinding['level']): Promise<Told> {
  let last: Told | undefined;
  const ask = async () => (last = await doctor(device));
  await until(ask, (told) => of(check, told)?.level === level, { withinMs: 60_000 });
  if (last === undefined) throw new Error('nothing was asked');
  return last;
}

beforeAll(async () => {
  await bringUpLab();
  await Promise.all([ada, bob, cleo].map((workstation) => clear(workstation)));
  devices = await Device.team(...all);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  for (const device of devices) await device.stop();
  await startEngine(ada);
  await clear(cleo);
});

describe('the doctor', () => {
  it('finds nothing wrong where all is well, with an agent and without one', async () => {
    const told = await doctor(on(ada));
    expect({ code: told.code, failed: failed(told) }).toEqual({ code: 0, failed: [] });
    expect(of('multicast', told)?.found).toMatch(/^eth0: sent and heard, \d+ other machines, \d+ agents$/);
    expect(of('firewall', told)).toMatchObject({ level: 'ok' });
    await on(bob).stop();
    cleanups.push(() => on(bob).start());
    const alone = await doctor(on(bob));
    expect({ code: alone.code, failed: failed(alone) }).toEqual({ code: 0, failed: [] });
    expect(of('agent', alone)).toMatchObject({ level: 'warning', found: 'no agent runs here' });
    expect(of('team', alone)).toMatchObject({ level: 'ok', found: expect.stringContaining('3 peers') });
  });

  it('finds a stopped engine', async () => {
    await stopEngine(ada);
    cleanups.push(async () => {
      await startEngine(ada);
      await untilLevel(on(ada), 'engine', 'ok'); // the agent takes a moment to notice
    });
    const told = await untilLevel(on(ada), 'engine', 'fail');
    expect(told.code).toBe(6);
    expect(of('engine', told)?.found).toContain(`no engine answers at unix://${ada.engineSocket}`);
  });

  it('finds that it may not use the engine, and who may', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'p2pimg-doctor-'));
    cleanups.push(() => rm(home, { recursive: true, force: true }));
    await chown(home, nobody, nobody);
    const user = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    const told = read(
      await ada.run([...user, process.execPath, cli, 'doctor', '--json'], {
        env: { P2PIMG_HOME: home, HOME: home, DOCKER_HOST: `unix://${ada.engineSocket}` },
      }),
    );
    expect(told.code).toBe(6);
    expect(of('engine', told)).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('no permission'),
    });
    expect(of('permission', told)).toMatchObject({
      level: 'fail',
      found: expect.stringMatching(/^nobody may not use .*engine\.sock: root and the group \w+ may$/),
      todo: expect.arrayContaining([expect.stringContaining('usermod -aG docker nobody')]),
    });
  });

  it('finds multicast blocked, and no more than that', async () => {
    await ada.blockMdns();
    cleanups.push(() => ada.unblock());
    const told = await doctor(on(ada));
    expect({ code: told.code, failed: failed(told) }).toEqual({ code: 3, failed: ['multicast'] });
    expect(of('multicast', told)?.found).toContain('lets nothing out (EPERM)');
    await ada.unblock();
    await nft(ada, 'chain input { type filter hook input priority 0; udp dport 5353 drop; }');
    const deaf = await doctor(on(ada));
    expect({ code: deaf.code, failed: failed(deaf) }).toEqual({ code: 3, failed: ['multicast'] });
    expect(of('multicast', deaf)?.found).toContain('what is sent is not heard');
  });

  it('finds the port taken, and by which program', async () => {
    const device = on(bob);
    await device.stop();
    cleanups.push(() => device.start());
    const program = await listener(bob, 47_470);
    cleanups.push(() => end(program));
    const told = await doctor(device);
    expect(told.code).toBe(0);
    const holder = new RegExp(`^port 47470 is taken by .+ \\(pid ${program.pid}\\)$`);
    expect(of('port', told)).toMatchObject({ level: 'warning', found: expect.stringMatching(holder) });
    await device.configure({ port: 47_470 });
    cleanups.push(() => device.configure({}));
    const configured = await doctor(device);
    expect({ code: configured.code, failed: failed(configured) }).toEqual({ code: 7, failed: ['port'] });
  });

  it('finds the wrong team', async () => {
    const invite = await on(ada).invite();
    expect((await on(bob).run(['team', 'create', '--replace'])).code).toBe(0);
    cleanups.push(async () => {
      await on(bob).run(['team', 'join', '-', '--replace'], { input: invite });
      await on(bob).untilPeers(3);
    });
    const told = await untilLevel(on(bob), 'team', 'fail');
    expect({ code: told.code, failed: failed(told) }).toEqual({ code: 7, failed: ['team'] });
    // Their new adverts come one by one.
    await expect
      .poll(async () => of('team', await doctor(on(bob)))?.found, { timeout: 30_000 })
      .toContain('of which nobody else is here; 3 agents of another team are');
  });

  it('finds a disk on which the largest image of the peers does not fit', async () => {
    const image = await buildImage({
      layers: [{ entries: [file('app', { random: 24_000_000 })] }],
      seed: 'doctor',
    });
    await cleo.load(archive([{ content: image, names: ['docker.io/team/large:1'] }]));
    const device = on(nas);
    const folder = path.join(device.home, 'state/store');
    await device.stop();
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await sh('mount', '-t', 'tmpfs', '-o', 'size=16m', 'p2pimg-doctor', folder);
    cleanups.push(async () => {
      await device.stop();
      await sh('umount', folder);
      await device.start();
      await device.untilPeers(3);
    });
    await device.start();
    const told = await untilLevel(device, 'disk', 'fail');
    expect({ code: told.code, failed: failed(told) }).toEqual({ code: 8, failed: ['disk'] });
    expect(of('disk', told)?.found).toMatch(/16\.\d MB of 16\.8 MB are free in .*team\/large:1.*24\.\d MB/);
  });

  it('suspects a firewall where a peer is seen and cannot be connected to', async () => {
    const { port } = await on(bob).json<{ port: number }>(['status']);
    await nft(bob, `chain input { type filter hook input priority 0; tcp dport ${port} drop; }`);
    const told = await doctor(on(ada));
    expect(of('firewall', told)).toMatchObject({
      level: 'warning', // the others can be
      found: expect.stringContaining(`bob at ${bob.address}:${port} (ETIMEDOUT)`),
    });
  });

  it('finds a VPN that takes all that leaves', async () => {
    const netns = `p2plab-${ada.name}`;
    await sh('ip', '-n', netns, 'link', 'add', 'wg0', 'type', 'veth', 'peer', 'name', 'other');
    cleanups.push(async () => {
      await sh('ip', '-n', netns, 'link', 'delete', 'wg0');
    });
    await sh('ip', '-n', netns, 'address', 'add', '10.8.0.2/24', 'dev', 'wg0');
    for (const end of ['wg0', 'other']) await sh('ip', '-n', netns, 'link', 'set', end, 'up');
    expect(of('vpn', await doctor(on(ada)))).toMatchObject({ level: 'ok' });
    await sh('ip', '-n', netns, 'route', 'add', '198.51.100.0/24', 'dev', 'wg0');
    expect(of('vpn', await doctor(on(ada)))).toMatchObject({
      level: 'warning',
      found: expect.stringContaining('VPN wg0'),
    });
  });

  it('finds two agents with one identity, from both of them and from a third, and its advice mends it', async () => {
    const [original, copy] = [on(ada), on(bob)];
    const identity = (device: Device) => path.join(device.home, 'config/identity.json');
    await copy.stop();
    await copyFile(identity(original), identity(copy));
    await copy.start();
    const told = await untilLevel(original, 'identity', 'fail');
    expect({ code: told.code, failed: failed(told) }).toEqual({ code: 7, failed: ['identity'] });
    expect(of('identity', told)?.found).toContain(`this device's identity: bob at ${bob.address}:`);
    const other = await untilLevel(copy, 'identity', 'fail');
    expect(of('identity', other)?.found).toContain(`this device's identity: ada at ${ada.address}:`);
    const third = await untilLevel(on(cleo), 'identity', 'fail');
    expect(of('identity', third)?.found).toMatch(/^two agents have one identity: /);

    const finding = of('identity', other);
    const advice = finding?.level === 'fail' ? finding.todo.find((text) => text.startsWith('there: ')) : '';
    await copy.stop();
    await sh('sh', '-c', advice?.replace('there: ', '') ?? 'false');
    await copy.start();
    await copy.untilPeers(3);
    for (const device of [original, copy, on(cleo)]) await untilLevel(device, 'identity', 'ok');
  });
});

/** Adds a chain to a workstation's own rules, until the end of the test. */
async function nft(workstation: Workstation, chain: string): Promise<void> {
  cleanups.push(() => workstation.unblock());
  const rules = `table inet p2plab {\n${chain}\n}`;
  await sh('nsenter', `--net=/run/netns/p2plab-${workstation.name}`, 'nft', rules);
}

/** A program that listens on a port, and nothing else. */
async function listener(workstation: Workstation, port: number): Promise<ChildProcess> {
  const program = workstation.spawn([
    process.execPath,
    '-e',
    `require('node:net').createServer().listen(${port}, () => console.log('listening'))`,
  ]);
  if (program.stdout === null) throw new Error('it has an output');
  await once(program.stdout, 'data');
  return program;
}

async function end(program: ChildProcess): Promise<void> {
  const ended = once(program, 'exit');
  program.kill();
  await ended;
}
