import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive } from '../fixtures/archive.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { Device } from './device.js';
import { stockOf } from './stock.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan, eve, nas } = workstations;
const dockers = [ada, bob, cleo, dan];
const pairs = [
  ...dockers.flatMap((source) =>
    dockers.filter((receiver) => receiver !== source).map((receiver) => [source, receiver] as const),
  ),
  [eve, ada],
  [ada, eve],
  [eve, dan],
  [dan, eve],
] as const;

let devices: Map<Workstation, Device>;
const on = (workstation: Workstation): Device => {
  const device = devices.get(workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

/** What a container made from the image would be run with. */
async function metadata(workstation: Workstation, name: string) {
  const { body } = await workstation.api('GET', `/images/${name}/json`);
  const { Config, Os, Architecture, RootFS, Created } = JSON.parse(body.toString());
  const history = JSON.parse((await workstation.api('GET', `/images/${name}/history`)).body.toString()) as {
    CreatedBy: string;
    Comment: string;
  }[];
  const { Env, Cmd, Entrypoint, Labels, WorkingDir, User, ExposedPorts } = Config;
  return {
    run: { Env, Cmd, Entrypoint, Labels, WorkingDir, User: User ?? '', ExposedPorts: ExposedPorts ?? null },
    platform: { Os, Architecture },
    layers: RootFS.Layers,
    created: Date.parse(Created),
    history: history.map(({ CreatedBy, Comment }) => ({ CreatedBy, Comment })),
  };
}

function labelled(seed: string): Promise<Image> {
  return buildImage({
    layers: [
      { entries: [file('bin/app', { random: 300_000 })] },
      { entries: [file('etc/app', seed)], compression: 'gzip' },
    ],
    env: ['PATH=/bin', `SEED=${seed}`],
    cmd: ['--serve'],
    entrypoint: ['/bin/app'],
    workingDir: '/srv',
    labels: { 'com.example.seed': seed },
    history: [
      { created_by: 'ADD app', comment: 'first' },
      { created_by: 'ENV', empty_layer: true },
      { created_by: 'ADD etc' },
    ],
    seed,
  });
}

beforeAll(async () => {
  await bringUpLab();
  const all = [...dockers, eve, nas];
  await Promise.all(
    all.filter(({ engine }) => engine !== 'none').map((workstation) => workstation.removeImages()),
  );
  const team = await Device.team(...all);
  devices = new Map(all.map((workstation, index) => [workstation, team[index] as Device]));
}, 240_000);

afterAll(async () => {
  for (const device of devices?.values() ?? []) await device.stop();
});

describe.each(pairs.map(([source, receiver]) => ({ source, receiver })))(
  'from $source.name ($source.engine) to $receiver.name ($receiver.engine)',
  ({ source, receiver }) => {
    it('brings the image whole, under the name that was asked for, and changes nothing else', async () => {
      const seed = `${source.name}-${receiver.name}`;
      const name = `team/${seed}:1`;
      const image = await labelled(seed);
      await source.load(archive([{ content: image, names: [`docker.io/${name}`] }]));
      const before = await stockOf(receiver);

      const { code, done, error } = await on(receiver).get(name);

      expect(error).toBeUndefined();
      expect(code).toBe(0);
      expect(done).toMatchObject({
        type: 'done',
        image: name,
        configDigest: image.config.digest,
        already: false,
        peer: { name: source.name },
      });
      const [saved, given] = [await on(receiver).saved(name), await on(source).saved(name)];
      expect(saved.image.configDigest).toBe(image.config.digest);
      expect(saved.image.layers.map(({ diffId }) => diffId)).toEqual(image.diffIds);
      expect(given.image.configDigest).toBe(image.config.digest);
      expect(await metadata(receiver, name)).toEqual(await metadata(source, name));
      const after = await stockOf(receiver);
      expect(after.filter((line) => !before.includes(line))).toEqual([
        expect.stringMatching(new RegExp(`[ /]${name}$`)), // Podman says docker.io/ before it
      ]);
      expect(before.filter((line) => !after.includes(line))).toEqual([]);
    });
  },
);

describe('a machine without an engine', () => {
  it('gets into its embedded store, and gives from there', async () => {
    const image = await labelled('nas');
    await cleo.load(archive([{ content: image, names: ['docker.io/team/nas:1'] }]));
    const got = await on(nas).get('team/nas:1');
    expect(got.done).toMatchObject({ configDigest: image.config.digest });
    const given = await on(bob).get('team/nas:1', '--from', 'nas');
    expect(given.done).toMatchObject({ configDigest: image.config.digest, peer: { name: 'nas' } });
    expect((await on(bob).saved('team/nas:1')).image.configDigest).toBe(image.config.digest);
  });

  it('is told so in one line', async () => {
    const { stdout } = await nas.run(
      ['env', '-u', 'P2PIMG_ENGINE', process.execPath, 'dist/cli/main.js', 'status'],
      {
        env: { P2PIMG_HOME: `${nas.directory}/no-engine` },
      },
    );
    expect(stdout).toContain('embedded store');
    expect(stdout).toContain('no container engine on this machine');
  });
});

describe('what was here before', () => {
  it('is not fetched again, and only gets its name', async () => {
    const image = await labelled('again');
    await ada.load(archive([{ content: image, names: ['docker.io/team/again:1'] }]));
    await dan.load(archive([{ content: image, names: ['docker.io/team/other-name:1'] }]));
    const { code, done } = await on(dan).get('team/again:1');
    expect(code).toBe(0);
    expect(done).toMatchObject({ already: true, received: 0, wire: 0 });
    expect((await on(dan).saved('team/again:1')).image.configDigest).toBe(image.config.digest);
  });

  it('is named when a tag moves away from it', async () => {
    const [older, newer] = [await labelled('older'), await labelled('newer')];
    await cleo.load(archive([{ content: older, names: ['docker.io/team/moves:1'] }]));
    await bob.load(archive([{ content: newer, names: ['docker.io/team/moves:1'] }]));
    const { done } = await on(cleo).get('team/moves:1', '--from', 'bob');
    expect(done).toMatchObject({ replaced: older.config.digest, configDigest: newer.config.digest });
    expect((await on(cleo).saved('team/moves:1')).image.configDigest).toBe(newer.config.digest);
  });
});

describe('two gets of one image at once', () => {
  it('share one transfer', async () => {
    const image = await buildImage({
      layers: [{ entries: [file('data', { random: 30_000_000 })], compression: 'none' }],
      seed: 'shared',
    });
    await cleo.load(archive([{ content: image, names: ['docker.io/team/shared:1'] }]));
    const before = await cleo.txBytes();
    const [a, b] = await Promise.all([on(dan).get('team/shared:1'), on(dan).get('docker.io/team/shared:1')]);
    expect([a.code, b.code]).toEqual([0, 0]);
    expect((await cleo.txBytes()) - before).toBeLessThan(40_000_000);
  });
});
