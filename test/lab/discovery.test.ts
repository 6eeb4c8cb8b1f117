import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { idOf } from '../discovery/device.js';
import { DeviceProcess, deviceCommand } from '../discovery/process.js';
import type { Workstation } from './workstation.js';
import { bringUpLab, workstations } from './workstation.js';

const { ada, bob, cleo, mallory } = workstations;
const cleanups: (() => unknown)[] = [];

beforeAll(bringUpLab, 180_000);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function deviceOn(workstation: Workstation): DeviceProcess {
  const [command = '', ...args] = deviceCommand(`${workstation.name}-lab`);
  const device = new DeviceProcess(workstation.spawn([command, ...args]));
  cleanups.push(() => device.kill());
  return device;
}

async function startedOn(workstation: Workstation): Promise<DeviceProcess> {
  const device = deviceOn(workstation);
  await device.said(({ type }) => type === 'started');
  return device;
}

function sees(device: DeviceProcess, other: Workstation, since = 0, generation = 1): Promise<number> {
  return device.said(
    (line) => line.type === 'seen' && line.name === `${other.name}-lab` && line.generation === generation,
    since,
  );
}

describe('discovery between workstations', { timeout: 90_000 }, () => {
  it('finds each other at the address of the LAN, sees a change, and a goodbye', async () => {
    const [here, there] = await Promise.all([startedOn(ada), startedOn(bob)]);
    await Promise.all([sees(here, bob), sees(there, ada)]);
    const seen = there.lines.find((line) => line.type === 'seen' && line.name === 'ada-lab');
    expect(seen).toMatchObject({ addresses: [ada.address] });

    const late = deviceOn(cleo);
    await late.said(({ type }) => type === 'started');
    const both = await Promise.all([sees(late, ada), sees(late, bob)]);
    expect(Math.max(...both)).toBeLessThan(2_000);

    here.command('generation 2');
    const changedMs = await sees(there, ada, 0, 2);
    here.command('stop');
    const goneMs = await there.said((line) => line.type === 'gone' && line.peerId === idOf('ada-lab'));
    console.log(`lab: both found ${Math.max(...both)} ms, change ${changedMs} ms, goodbye ${goneMs} ms`);
    expect(changedMs).toBeLessThan(2_000);
    expect(goneMs).toBeLessThan(2_000);
    expect(there.lines.filter(({ type }) => type === 'trouble')).toEqual([]);
  });

  it('goes on after the cable was pulled and plugged in again', async () => {
    const [here, there] = await Promise.all([startedOn(ada), startedOn(bob)]);
    await sees(here, bob);
    cleanups.push(() => bob.link('up'));
    await bob.link('down');
    await there.said(({ type }) => type === 'interfaces');
    const [sinceHere, sinceThere] = [here.lines.length, there.lines.length];
    await bob.link('up');
    const times = await Promise.all([sees(here, bob, sinceHere), sees(there, ada, sinceThere)]);
    console.log(`lab: found again after the cable came back: ${times.map(Math.round).join(' and ')} ms`);
    expect(Math.max(...times)).toBeLessThan(5_000);
  });

  it('goes on after multicast was blocked for a while', async () => {
    cleanups.push(() => bob.unblock());
    await bob.blockMdns();
    const [here, there] = await Promise.all([startedOn(ada), startedOn(bob)]);
    expect(there.lines.filter(({ type }) => type === 'seen')).toEqual([]);
    await bob.unblock();
    await Promise.all([sees(here, bob), sees(there, ada)]);
  });

  it('tells a stranger on the LAN no image', async () => {
    const tcpdump = mallory.spawn([
      'tcpdump',
      '-U',
      '--immediate-mode',
      '-i',
      'eth0',
      '-w',
      '-',
      'udp',
      'port',
      '5353',
    ]);
    cleanups.push(() => tcpdump.kill('SIGKILL'));
    const recorded: Buffer[] = [];
    tcpdump.stdout?.on('data', (bytes: Buffer) => recorded.push(bytes));
    await new Promise<void>((resolve) => tcpdump.stderr?.once('data', () => resolve()));
    const [here, there] = await Promise.all([startedOn(ada), startedOn(bob)]);
    await Promise.all([sees(here, bob), sees(there, ada)]);
    here.command('generation 2');
    await sees(there, ada, 0, 2);
    const text = Buffer.concat(recorded).toString('latin1');
    expect(text).toContain('ada-lab');
    for (const word of ['secret', 'project', 'acme', 'docker']) expect(text).not.toContain(word);
  });
});
