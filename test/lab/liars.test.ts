import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { lieNames, lies, nameOf, subjectOf } from './lies.js';
import { clear, stockOf } from './stock.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan, eve, mallory, nas } = workstations;
const receivers = [ada, cleo, dan, eve, nas];
const honestPeer = bob;
const all = [...receivers, honestPeer];

let devices: Device[] = [];
let liar: ChildProcess;
let liarSaid = '';
const on = (workstation: Workstation): Device => {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

/** What a receiver has: its engine's list, or the index of its embedded store. */
async function has(workstation: Workstation): Promise<readonly string[]> {
  if (workstation.engine !== 'none') return stockOf(workstation);
  return [await readFile(`${on(workstation).home}/state/store/index.json`, 'utf8')];
}

async function startLiar(invite: string): Promise<ChildProcess> {
  const folder = `${mallory.directory}/liar`;
  await rm(folder, { recursive: true, force: true });
  const script = fileURLToPath(new URL('liar.ts', import.meta.url));
  const process_ = mallory.spawn([
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    script,
    'mallory',
    folder,
  ]);
  process_.stderr?.on('data', (bytes: Buffer) => {
    liarSaid += bytes;
  });
  process_.stdin?.end(invite);
  if (process_.stdout !== null) await once(process_.stdout, 'data');
  return process_;
}

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map(clear));
  devices = await Device.team(...all);
  // What the names mean before: an older image, everywhere.
  const older: Image = await buildImage({ layers: [{ entries: [file('old', 'old')] }], seed: 'older' });
  const before = () =>
    archive([{ content: older, names: lieNames.map((lie) => `docker.io/${nameOf(lie)}`) }]);
  for (const workstation of all) if (workstation.engine !== 'none') await workstation.load(before());
  const named = await on(nas).run(['get', ...lieNames.map(nameOf), '--quiet']);
  if (named.code !== 0) throw new Error(named.stderr);
  for (const lie of lieNames)
    await honestPeer.load(
      archive([{ content: (await subjectOf(lie)).honest, names: [`docker.io/${nameOf(lie)}`] }]),
    );
  liar = await startLiar(await on(honestPeer).invite());
  await Promise.all(receivers.map((receiver) => on(receiver).untilPeers(all.length)));
});

afterAll(async () => {
  if (liar !== undefined && liar.exitCode === null) {
    const ended = once(liar, 'exit');
    liar.kill('SIGKILL');
    await ended;
  }
  for (const device of devices) await device.stop();
  await Promise.all(all.map(clear));
});

describe.each(receivers.map((receiver) => ({ receiver })))(
  '$receiver.name ($receiver.engine)',
  ({ receiver }) => {
    it('tells a person who lied, and how', async () => {
      const { code, stderr } = await on(receiver).run(['get', nameOf('a shorter blob'), '--from', 'mallory']);
      expect(code).toBe(5);
      expect(stderr).toContain(
        `mallory sent more or less than it said; ${nameOf('a shorter blob')} is not proved`,
      );
    });

    it.each(lieNames)('refuses %s, names the liar, keeps what it had, and gets the truth', async (lie) => {
      const { honest, image } = await subjectOf(lie);
      const isById = lie.endsWith('ID that was asked for');
      const wanted = isById ? image.manifest.digest : nameOf(lie);
      const before = await has(receiver);

      const { code, error, done } = await on(receiver).get(wanted, '--from', 'mallory');
      expect(done).toBeUndefined();
      const { peer, image: about } = error?.facts ?? {};
      expect({ peer, about }).toEqual({ peer: 'mallory', about: wanted });
      expect(lies[lie].codes).toContain(error?.code);
      expect(code).toBe(error?.code === 'REFUSED' ? 7 : 5);
      expect(await has(receiver)).toEqual(before);

      const truth = await on(receiver).get(nameOf(lie), '--from', honestPeer.name);
      expect(truth.error).toBeUndefined();
      expect(truth.done).toMatchObject({
        configDigest: honest.config.digest,
        peer: { name: honestPeer.name },
      });
      if (receiver.engine !== 'none')
        expect((await on(receiver).saved(nameOf(lie))).image.configDigest).toBe(honest.config.digest);
    });

    it('refuses a layer that unpacks to something else also when it holds that very blob', async () => {
      const name = nameOf('a layer that unpacks to something else');
      const before = await has(receiver);
      const { code, error } = await on(receiver).get(name, '--from', 'mallory');
      expect({ code, peer: error?.facts.peer }).toEqual({ code: 5, peer: 'mallory' });
      expect(await has(receiver)).toEqual(before);
    });
  },
);

describe('the liar', () => {
  it('was there all the time', () => {
    expect({ exitCode: liar.exitCode, liarSaid }).toEqual({ exitCode: null, liarSaid: '' });
  });
});
