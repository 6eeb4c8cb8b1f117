import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListReport, PeersReport, StatusReport } from '../../src/control/api.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { clear } from './stock.js';
import { until } from './until.js';
import { bringUpLab, startEngine, stopEngine, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo } = workstations;
const all = [ada, bob, cleo];
const name = 'team/payment-service:1';
const misspelt = 'team/pyment-servce:1';

let devices: Device[] = [];
let image: Image;
let cleoAt: string;
const on = (workstation: Workstation): Device => {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

/** Runs a command, and tells how long that took. */
async function timed(device: Device, ...words: readonly string[]) {
  const began = performance.now();
  const { code, stdout, stderr } = await device.run(words);
  return { code, stdout, stderr, ms: performance.now() - began };
}

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  devices = await Device.team(...all);
  await on(bob).stop(); // bob is in the team, and has no agent
  image = await buildImage({ layers: [{ entries: [file('app', { random: 100_000 })] }], seed: 'refusals' });
  await cleo.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
  const { port } = await on(cleo).json<StatusReport>(['status']);
  cleoAt = `${cleo.address}:${port}`;
});

afterAll(async () => {
  await bob.unblock();
  for (const device of devices) await device.stop();
  for (const workstation of [ada, bob]) await startEngine(workstation);
  await Promise.all(all.map((workstation) => clear(workstation)));
});

describe('an image that nobody has', () => {
  it('ends with 3 in under 3 s, and says who was asked and what is like it', async () => {
    const { code, stdout, stderr, ms } = await timed(on(ada), 'get', misspelt);
    console.log(`lab: nobody has it: known after ${Math.round(ms)} ms, with an agent`);
    expect(code).toBe(3);
    expect(stdout).toBe(`${misspelt}: looking on this network\n`);
    expect(stderr).toContain(`nobody on this network has ${misspelt}`);
    expect(stderr).toMatch(/^\s+asked\s+cleo$/m);
    expect(stderr).toMatch(new RegExp(`^\\s+like it\\s+${name}$`, 'm'));
    expect(stderr).toContain(`p2pimg get ${name}`);
    expect(ms).toBeLessThan(3_000);
  });

  it('ends so without an agent too, in a second or two more', async () => {
    const { code, stderr, ms } = await timed(on(bob), 'get', misspelt);
    console.log(`lab: nobody has it: known after ${Math.round(ms)} ms, without an agent`);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^\s+asked\s+(ada, cleo|cleo, ada)$/m);
    expect(stderr).toMatch(new RegExp(`^\\s+like it\\s+${name}$`, 'm'));
    expect(ms).toBeLessThan(5_000);
  });

  it.each(['Team/App:1', 'team/app:', 'team app', 'sha256:12', ''])(
    'is not "%s", which ends with 2',
    async (wrong) => {
      for (const device of [on(ada), on(bob)]) {
        const { code, stdout, stderr } = await device.run(['get', wrong]);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toContain(`"${wrong}" names no image`);
      }
    },
  );
});

describe('without an agent', () => {
  it('ls and peers browse for themselves', async () => {
    const { peers } = await on(bob).json<PeersReport>(['peers']);
    expect(peers.map((peer) => peer.name).toSorted()).toEqual(['ada', 'cleo']);
    const { images } = await on(bob).json<ListReport>(['ls']);
    expect(images).toMatchObject([{ reference: name, id: image.config.digest, here: 'no' }]);
  });

  it('get does too, and the image is there', async () => {
    const { code, done } = await on(bob).get(name);
    expect({ code, peer: done?.peer?.name }).toEqual({ code: 0, peer: 'cleo' });
    expect((await on(bob).saved(name)).image.configDigest).toBe(image.config.digest);
    await clear(bob);
  });

  it('a peer that is named by its address is asked where multicast is blocked', async () => {
    await bob.blockMdns();
    expect((await on(bob).json<PeersReport>(['peers'])).peers).toEqual([]);
    const { peers } = await on(bob).json<PeersReport>(['peers', '--peer', cleoAt]);
    expect(peers).toMatchObject([{ name: 'cleo', address: cleoAt }]);
    const { code, done } = await on(bob).get(name, '--peer', cleoAt);
    expect({ code, peer: done?.peer?.name }).toEqual({ code: 0, peer: 'cleo' });
    expect((await on(bob).saved(name)).image.configDigest).toBe(image.config.digest);
    await bob.unblock();
  });
});

describe('a stopped engine', () => {
  it.each([
    { workstation: ada, how: 'with an agent' },
    { workstation: bob, how: 'without an agent' },
  ])('ends a get $how with 6, and no other store takes its place', async ({ workstation }) => {
    const device = on(workstation);
    await clear(workstation);
    await stopEngine(workstation);
    const { code, stderr } = await device.run(['get', name]);
    const { engine } = await device.json<StatusReport>(['status']);
    await startEngine(workstation);
    expect(code).toBe(6);
    expect(stderr).toContain(`no container engine answers at unix://${workstation.engineSocket}`);
    expect(stderr).toContain('--engine');
    expect(engine).toMatchObject({ state: 'down', address: `unix://${workstation.engineSocket}` });
    expect(existsSync(`${device.home}/state/store`)).toBe(false);
    // The same again, with the agent that runs since before.
    const { code: again, done } = await device.get(name);
    expect({ again, already: done?.already }).toEqual({ again: 0, already: false });
    expect((await device.saved(name)).image.configDigest).toBe(image.config.digest);
  });

  it('is noticed by the peers, as is its return', async () => {
    const shared = async () => (await on(cleo).json<ListReport>(['ls'])).images.length;
    await until(shared, (count) => count === 1, { withinMs: 5_000 });
    await stopEngine(ada);
    const goneMs = await until(shared, (count) => count === 0, { withinMs: 5_000 });
    await startEngine(ada);
    const backMs = await until(shared, (count) => count === 1, { withinMs: 10_000 });
    console.log(
      `lab: a peer's stopped engine is noticed after ${Math.round(goneMs)} ms, its return after ${Math.round(backMs)} ms`,
    );
  });
});
