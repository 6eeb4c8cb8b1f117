import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findEngine, wellKnownSockets } from '../../src/engine/find.js';
import { digestOf, hex } from '../../src/image/digest.js';
import { failureOf } from '../image/samples.js';
import { testFolder } from './store-folder.js';

type Environment = Readonly<Record<string, string>>;

/** A home with files in it; `sockets` are those that are there. */
async function machine(files: Readonly<Record<string, string>> = {}, sockets: readonly string[] = []) {
  const home = await testFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), text);
  }
  const there = new Set(sockets.map((socket) => path.resolve(home, socket)));
  const exists = (file: string) => there.has(file);
  const find = (environment: Environment, named?: string, configured?: string) =>
    findEngine(named, { environment, home, exists }, configured);
  return { home, find };
}

const idOf = (context: string): string => hex(digestOf(context));
const metaOf = (context: string): string => `.docker/contexts/meta/${idOf(context)}/meta.json`;
const hostAt = (address: string): string => JSON.stringify({ Endpoints: { docker: { Host: address } } });

const contexts = {
  '.docker/config.json': JSON.stringify({ currentContext: 'colima' }),
  [metaOf('colima')]: hostAt('unix:///colima.sock'),
  [metaOf('far')]: hostAt('tcp://far:2376'),
  [`.docker/contexts/tls/${idOf('far')}/docker/ca.pem`]: 'the ca',
  [`.docker/contexts/tls/${idOf('far')}/docker/cert.pem`]: 'the cert',
  [`.docker/contexts/tls/${idOf('far')}/docker/key.pem`]: 'the key',
};
const at = (address: string, namedBy: string) => ({ type: 'engine', endpoint: { address, namedBy } });

describe('the engine', () => {
  it('is the first that is named, in this order', async () => {
    const { find } = await machine(contexts, ['/var/run/docker.sock']);
    const environment: Record<string, string> = {
      P2PIMG_ENGINE: 'unix:///p2pimg.sock',
      DOCKER_HOST: 'unix:///host.sock',
      DOCKER_CONTEXT: 'far',
    };
    const configured = 'unix:///configured.sock';
    expect(find(environment, 'unix:///named.sock', configured)).toEqual(at('unix:///named.sock', '--engine'));
    expect(find(environment, undefined, configured)).toEqual(at('unix:///p2pimg.sock', 'P2PIMG_ENGINE'));
    delete environment.P2PIMG_ENGINE;
    expect(find(environment, undefined, configured)).toEqual(
      at('unix:///configured.sock', 'the configuration'),
    );
    expect(find(environment)).toEqual(at('unix:///host.sock', 'DOCKER_HOST'));
    delete environment.DOCKER_HOST;
    expect(find(environment)).toMatchObject(at('tcp://far:2376', 'context far'));
    delete environment.DOCKER_CONTEXT;
    expect(find(environment)).toEqual(at('unix:///colima.sock', 'context colima'));
  });

  it('is at a well-known socket where nothing is named', async () => {
    const { find } = await machine({}, ['/var/run/docker.sock']);
    expect(find({})).toEqual(at('unix:///var/run/docker.sock', 'well-known socket'));
  });

  it('is not looked for at a well-known socket where the context is another', async () => {
    const { find } = await machine(contexts, ['/var/run/docker.sock']);
    expect(find({ DOCKER_CONTEXT: 'default' })).toEqual(
      at('unix:///var/run/docker.sock', 'well-known socket'),
    );
    expect(find({})).toMatchObject({ endpoint: { namedBy: 'context colima' } });
  });

  it("is a docker-machine's by its folder, wherever machines are kept", async () => {
    const config = JSON.stringify({ Driver: { IPAddress: '192.168.99.100' } });
    const { home, find } = await machine({
      '.docker/machine/machines/old/config.json': config,
      '.docker/machine/machines/old/ca.pem': 'the ca',
      '.docker/machine/machines/old/cert.pem': 'the cert',
      '.docker/machine/machines/old/key.pem': 'the key',
      'elsewhere/machines/six/config.json': JSON.stringify({
        Driver: { IPAddress: 'fe80::1', EnginePort: 2380 },
      }),
      '.docker/machine/machines/stopped/config.json': JSON.stringify({ Driver: { IPAddress: '' } }),
      '.docker/machine/machines/broken/config.json': '{',
    });
    expect(find({}, 'machine:old')).toEqual({
      type: 'engine',
      endpoint: {
        address: 'tcp://192.168.99.100:2376',
        namedBy: 'machine old',
        tls: { ca: Buffer.from('the ca'), cert: Buffer.from('the cert'), key: Buffer.from('the key') },
      },
    });
    expect(find({ MACHINE_STORAGE_PATH: path.join(home, 'elsewhere') }, 'machine:six')).toMatchObject(
      at('tcp://[fe80::1]:2380', 'machine six'),
    );
    expect(failureOf(() => find({}, 'machine:stopped'))).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    for (const name of ['machine:nobody', 'machine:..', 'machine:', 'machine:broken'])
      expect(failureOf(() => find({}, name))).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is a layout where a folder is named', async () => {
    const { find } = await machine();
    expect(find({}, 'layout:/srv/layout')).toEqual({ type: 'layout', folder: '/srv/layout' });
    expect(find({}, 'layout:here')).toEqual({ type: 'layout', folder: path.resolve('here') });
  });

  it('is the embedded store where there is none, or where that was named', async () => {
    const { find } = await machine();
    expect(find({})).toEqual({ type: 'store', reason: 'none' });
    for (const environment of [{}, { P2PIMG_ENGINE: 'unix:///x' }])
      expect(find(environment, 'store')).toEqual({ type: 'store', reason: 'chosen' });
    expect(find({ P2PIMG_ENGINE: 'store', DOCKER_HOST: 'unix:///x' })).toEqual({
      type: 'store',
      reason: 'chosen',
    });
    expect(find({}, undefined, 'store')).toEqual({ type: 'store', reason: 'chosen' });
  });

  it('is not named by what is empty', async () => {
    const { find } = await machine({ '.docker/config.json': '{"currentContext":""}' });
    const empty = {
      P2PIMG_ENGINE: '',
      DOCKER_HOST: '',
      DOCKER_CONTEXT: '',
      DOCKER_CONFIG: '',
      XDG_RUNTIME_DIR: '',
    };
    expect(find(empty)).toEqual({ type: 'store', reason: 'none' });
  });

  it('may be named by the path of its socket', async () => {
    const { find } = await machine();
    expect(find({}, '/tmp/x.sock')).toEqual(at('unix:///tmp/x.sock', '--engine'));
  });

  it.each(['unix:///x', 'tcp://h:1', 'http://h:1', 'npipe:////./pipe/x', 'ssh://me@h'])(
    'may be %s',
    async (address) => {
      const { find } = await machine();
      expect(find({}, address)).toEqual(at(address, '--engine'));
    },
  );

  it.each(['unix://', 'fd://3', 'h:2375', 'ftp://h', 'a b', 'C:\\pipe'])('is not %j', async (address) => {
    const { find } = await machine();
    for (const failure of [
      failureOf(() => find({}, address)),
      failureOf(() => find({ DOCKER_HOST: address })),
    ])
      expect(failure).toMatchObject({
        code: 'CONFIG_INVALID',
        facts: { why: expect.stringContaining('unix://') },
      });
  });
});

describe.skipIf(process.platform === 'win32')('well-known sockets', () => {
  it('are tried in their order: the machine’s Docker before those of a person, and Podman last', async () => {
    const { home, find } = await machine();
    const environment = { XDG_RUNTIME_DIR: '/run/user/7' };
    const sockets = wellKnownSockets(environment, home);
    expect(sockets[0]).toBe('/var/run/docker.sock');
    expect(sockets.slice(-2)).toEqual(['/run/user/7/podman/podman.sock', '/run/podman/podman.sock']);
    for (const [index, socket] of sockets.entries()) {
      const exists = (file: string) => sockets.indexOf(file) >= index;
      expect(findEngine(undefined, { environment, home, exists })).toEqual(
        at(`unix://${socket}`, 'well-known socket'),
      );
    }
    expect(find(environment)).toEqual({ type: 'store', reason: 'none' });
  });
});

describe('a Docker context', () => {
  it('brings its TLS with it', async () => {
    const { find } = await machine(contexts);
    expect(find({}, 'far')).toEqual({
      type: 'engine',
      endpoint: {
        address: 'tcp://far:2376',
        namedBy: 'context far',
        tls: { ca: Buffer.from('the ca'), cert: Buffer.from('the cert'), key: Buffer.from('the key') },
      },
    });
  });

  it('may have the certificate of its authority only', async () => {
    const { find } = await machine({
      [metaOf('ca-only')]: hostAt('tcp://h:1'),
      [`.docker/contexts/tls/${idOf('ca-only')}/docker/ca.pem`]: 'x',
    });
    expect(find({ DOCKER_CONTEXT: 'ca-only' })).toMatchObject({
      endpoint: { tls: { ca: Buffer.from('x') } },
    });
  });

  it('is looked for in DOCKER_CONFIG', async () => {
    const { home, find } = await machine({ 'other/config.json': '{"currentContext":"mine"}' });
    const meta = path.join(home, 'other/contexts/meta', idOf('mine'), 'meta.json');
    mkdirSync(path.dirname(meta), { recursive: true });
    writeFileSync(meta, hostAt('unix:///mine'));
    expect(find({ DOCKER_CONFIG: path.join(home, 'other') })).toEqual(at('unix:///mine', 'context mine'));
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['that is not there', {}, /no Docker context named mine/],
    ['that is no JSON', { [metaOf('mine')]: '{' }, /JSON/],
    ['that is no object', { [metaOf('mine')]: '7' }, /not a JSON object/],
    ['without an endpoint', { [metaOf('mine')]: '{}' }, /no docker endpoint/],
    ['with an empty address', { [metaOf('mine')]: hostAt('') }, /no docker endpoint/],
  ])('%s is refused, and its file named', async (_what, files, why) => {
    const { home, find } = await machine(files);
    expect(failureOf(() => find({ DOCKER_CONTEXT: 'mine' }))).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { file: path.join(home, metaOf('mine')), why: expect.stringMatching(why) },
    });
  });

  it('cannot be known from a config.json that is broken', async () => {
    const { home, find } = await machine({ '.docker/config.json': '{ "currentContext": ' }, [
      '/var/run/docker.sock',
    ]);
    expect(failureOf(() => find({}))).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { file: path.join(home, '.docker/config.json') },
    });
    expect(find({ DOCKER_HOST: 'unix:///x' })).toEqual(at('unix:///x', 'DOCKER_HOST'));
  });
});

describe('TLS by the environment', () => {
  const files = {
    'certs/ca.pem': 'a',
    'certs/cert.pem': 'b',
    'certs/key.pem': 'c',
    '.docker/ca.pem': 'home',
  };
  const tls = { ca: Buffer.from('a'), cert: Buffer.from('b'), key: Buffer.from('c') };

  it('is that of DOCKER_CERT_PATH, where DOCKER_TLS_VERIFY or https asks for it', async () => {
    const { home, find } = await machine(files);
    const certificates = { DOCKER_CERT_PATH: path.join(home, 'certs') };
    const verify = { ...certificates, DOCKER_TLS_VERIFY: '1' };
    expect(find({ ...verify, DOCKER_HOST: 'tcp://h:2376' })).toMatchObject({ endpoint: { tls } });
    expect(find(certificates, 'https://h:2376')).toMatchObject({ endpoint: { tls } });
    for (const [environment, address] of [
      [certificates, 'tcp://h:2375'],
      [verify, 'unix:///x'],
      [verify, 'ssh://h'],
    ] as const)
      expect(find(environment, address)).toEqual(at(address, '--engine'));
  });

  it('is that of the home’s .docker without a path', async () => {
    const { find } = await machine(files);
    expect(find({ DOCKER_TLS_VERIFY: '1' }, 'tcp://h:1')).toMatchObject({
      endpoint: { tls: { ca: Buffer.from('home') } },
    });
  });
});
