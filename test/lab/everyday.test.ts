import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PeersReport } from '../../src/control/api.js';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device, readGet } from './device.js';
import { clear, stockOf } from './stock.js';
import { until } from './until.js';
import { bringUpLab, installPackages, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
const all = [ada, bob, cleo, dan];
/** A registry that each workstation has to itself, with the same images: its engine asks it without TLS there. */
const registry = '127.0.0.1:5077';
const pulled = `${registry}/everyday/pulled:1`;

let folder: string;
let devices: Device[] = [];
let registries: ChildProcess[] = [];
let image: Image;
const on = (workstation: Workstation) =>
  devices.find((device) => device.workstation === workstation) as Device;
const made = (seed: string) =>
  buildImage({ layers: [{ entries: [file(seed, { random: 200_000 })] }], seed: `everyday-${seed}` });

async function startRegistry(workstation: Workstation): Promise<void> {
  registries.push(workstation.spawn(['docker-registry', 'serve', path.join(folder, 'registry.yml')]));
  await until(
    () => workstation.run(['curl', '--silent', `http://${registry}/v2/`]),
    ({ code }) => code === 0,
  );
}

beforeAll(async () => {
  await bringUpLab();
  await installPackages('docker-registry');
  await Promise.all(all.map((workstation) => clear(workstation)));
  folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-registry-'));
  await writeFile(
    path.join(folder, 'registry.yml'),
    `version: 0.1\nstorage: { filesystem: { rootdirectory: ${folder} } }\nhttp: { addr: "${registry}" }\n`,
  );
  for (const workstation of [ada, cleo, dan]) await startRegistry(workstation);
  image = await made('pulled');
  await ada.load(archive([{ content: image, names: [pulled] }]));
  await ada.docker('push', pulled);
  await clear(ada);
  devices = await Device.team(...all);
}, 240_000);

afterAll(async () => {
  for (const child of registries) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  registries = [];
  for (const device of devices) await device.stop();
  await Promise.all(all.map((workstation) => clear(workstation)));
  await rm(folder, { recursive: true, force: true });
});

describe.each([ada, cleo, dan])('on $name ($engine), --or-pull', (receiver) => {
  it('lets the engine pull what nobody has, and only then', async () => {
    await clear(receiver);
    expect((await on(receiver).get(pulled)).error).toMatchObject({ code: 'NOBODY_HAS_IT' });
    const { events, done, error } = await on(receiver).get(pulled, '--or-pull', '--as', 'here/now:1');
    expect(error).toBeUndefined();
    expect(events.map(({ type }) => type)).toContain('pulling');
    expect(done).toMatchObject({ pulled: true, image: 'here/now:1', configDigest: image.config.digest });
    expect((await stockOf(receiver)).join()).toContain('here/now:1');
    const again = await on(receiver).get('everyday/none:1', '--or-pull');
    expect(again.code).toBe(3);
    expect(again.error).toMatchObject({ code: 'NOBODY_HAS_IT', facts: { pull: expect.any(String) } });
  });

  it('takes what a peer has from the peer', async () => {
    await Promise.all(all.map((workstation) => clear(workstation)));
    const content = await made(`of bob for ${receiver.name}`);
    await bob.load(archive([{ content, names: [`${registry}/everyday/ours:1`] }]));
    const { done, error } = await on(receiver).get(`${registry}/everyday/ours:1`, '--or-pull');
    expect(error).toBeUndefined();
    expect(done).toMatchObject({ peer: { name: 'bob' }, configDigest: content.config.digest });
    expect(done?.pulled).toBeUndefined();
    await clear(bob);
  });
});

describe('a Compose file', () => {
  it('brings what it names and is not here, and leaves what is here as it is', async () => {
    for (const workstation of [ada, bob]) await clear(workstation);
    const [old, renewed, other] = [await made('old'), await made('renewed'), await made('other')];
    await ada.load(archive([{ content: old, names: ['docker.io/everyday/web:1'] }]));
    await bob.load(archive([{ content: renewed, names: ['docker.io/everyday/web:1'] }]));
    await bob.load(archive([{ content: other, names: ['docker.io/everyday/db:2'] }]));
    const compose = path.join(folder, 'compose.yaml');
    await writeFile(
      compose,
      'services: { web: { image: everyday/web:1 }, db: { image: "everyday/db:$V" }, built: { build: . } }',
    );
    await writeFile(path.join(folder, '.env'), 'V=2\n');
    const { code, events } = readGet(await on(ada).run(['get', '--compose', compose, '--json']));
    expect(code).toBe(0);
    const done = events.filter(({ type }) => type === 'done');
    expect(done).toMatchObject([
      { image: 'everyday/web:1', already: true, configDigest: old.config.digest },
      { image: 'everyday/db:2', already: false, configDigest: other.config.digest },
    ]);
    expect((await on(ada).run(['ls', '--outdated', '--json'])).stdout).toContain('"images":[');
  });
});

describe('peers', () => {
  it('that are gone are told with the time when they were last seen', async () => {
    await on(dan).stop();
    const gone = async () => (await on(ada).json<PeersReport>(['peers'])).gone ?? [];
    await until(gone, (peers) => peers.some(({ name }) => name === 'dan'));
    expect((await on(ada).run(['peers', '--all'])).stdout).toMatch(/^dan .* s ago$/m);
  });
});
