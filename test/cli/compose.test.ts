// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is Compose that fills these in
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeImages } from '../../src/cli/compose.js';
import { readCompose } from '../../src/cli/compose-file.js';
import { interpolate, parseEnvFile } from '../../src/cli/compose-variables.js';
import { runCommand, type ScriptedDevice, startScriptedDevice } from './command.js';

const digest = `sha256:${'5'.repeat(64)}`;
const file = `
x-app: &app
  image: "\${REGISTRY:-}team/app:\${TAG:-2}"
services:
  web:
    <<: *app
    build: .
  worker: *app
  built: { build: ./built }
  db: { image: "postgres@${digest}", platform: linux/arm64 }
  cache: { image: redis, profiles: [cache, all] }
  tools: { image: "tools:$\{VERSION}", profiles: [tools] }
  price: { image: "team/a:1$$" }
`.replace('$\\{', '${');

describe('the images of a Compose file', () => {
  const named = (variables = {}, profiles: string[] = []) =>
    composeImages('compose.yaml', file, variables, profiles).map(({ image }) => image);

  it('are each named once; what is only built, and what no active profile has, is not', () => {
    expect(named()).toEqual(['team/app:2', `postgres@${digest}`, 'team/a:1$']);
  });

  it('are those of active profiles too', () => {
    expect(named({ VERSION: '3' }, ['cache', 'tools'])).toContain('redis');
    expect(named({ VERSION: '3' }, ['*'])).toContain('tools:3');
  });

  it('have their variables, and the platforms of their services', () => {
    expect(named({ REGISTRY: 'r.example/', TAG: '7' })[0]).toBe('r.example/team/app:7');
    expect(composeImages('compose.yaml', file, {}, [])[1]).toMatchObject({ platform: 'linux/arm64' });
  });

  it.each([
    ['services: [', /./],
    ['a: 1', /no services/],
    ['services: { a: { image: "${X:?name it}" } }', /the variable X is not set: name it/],
    ['services: { a: { image: 3 } }', /the image of the service a is no text/],
  ])('are refused in %j, with the file', (text, why) =>
    expect(() => composeImages('compose.yaml', text, {}, [])).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        facts: { file: 'compose.yaml', why: expect.stringMatching(why) },
      }),
    ),
  );
});

describe('variables', () => {
  const variables = { SET: 'set', EMPTY: '' };
  it.each([
    ['$SET-${SET}', 'set-set'],
    ['$NONE|${NONE}', '|'],
    ['${EMPTY-default}|${EMPTY:-default}|${NONE-default}', '|default|default'],
    ['${SET:+other}|${EMPTY+other}|${EMPTY:+other}', 'other|other|'],
    ['${NONE:-${SET:-x}}', 'set'],
    ['${SET?no}', 'set'],
    ['$$SET $${SET}', '$SET ${SET}'],
  ])('in %s make %s', (text, expected) => expect(interpolate(text, variables, Error)).toBe(expected));

  it.each(['${', '${1}', '${SET', '$1', '${EMPTY:?}', '${SET!}'])('in %s are a mistake', (text) =>
    expect(() => interpolate(text, variables, Error)).toThrow(),
  );

  it('are read from an .env file', () => {
    expect(
      parseEnvFile(`# comment\nA=1 # one\nexport B = "two \\"x\\"" # c\nC='$x # y'\n\nnonsense\nD=\n`),
    ).toEqual({ A: '1', B: 'two "x"', C: '$x # y', D: '' });
  });
});

describe('a Compose file', () => {
  let folder: string;
  const before = process.cwd();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2pimg-compose-'));
    await mkdir(join(folder, 'below', 'deeper'), { recursive: true });
    await writeFile(
      join(folder, 'docker-compose.yml'),
      'services: { a: { image: "a:$TAG", profiles: [p] } }',
    );
    await writeFile(join(folder, '.env'), 'TAG=1\nCOMPOSE_PROFILES=p,q\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => process.chdir(before));

  it('is found in this folder or above it, with the .env file beside it', () => {
    process.chdir(join(folder, 'below', 'deeper'));
    expect(readCompose(undefined, [], {})).toEqual([{ image: 'a:1', platform: undefined }]);
  });

  it('sees the environment before the .env file', () => {
    const named = join(folder, 'docker-compose.yml');
    expect(readCompose(named, [], { TAG: '2' })[0]?.image).toBe('a:2');
    expect(readCompose(named, [], { COMPOSE_PROFILES: '' })).toEqual([]);
    expect(readCompose(named, ['p'], { COMPOSE_PROFILES: '' })).toHaveLength(1);
  });

  it('that is not there is told by its name', () => {
    expect(() => readCompose('/nowhere/compose.yaml', [], {})).toThrowError(
      expect.objectContaining({ facts: expect.objectContaining({ file: '/nowhere/compose.yaml' }) }),
    );
  });
});

describe.skipIf(process.platform === 'win32')('get', { timeout: 60_000 }, () => {
  let device: ScriptedDevice;
  beforeEach(async () => {
    device = await startScriptedDevice();
  });
  afterEach(() => device.close());

  it('--compose asks for what the file names and is not here, beside what is typed', async () => {
    const compose = join(device.home, 'c.yaml');
    await writeFile(compose, file.replace('team/a:1$$', 'team/a:1'));
    const { code } = await runCommand(device.home, ['get', 'typed:1', '--compose', compose, '--or-pull']);
    expect(code).toBe(0);
    expect(device.operations.calls).toEqual(
      [
        { image: 'typed:1' },
        { image: 'team/app:2', ifMissing: true },
        { image: `postgres@${digest}`, platform: 'linux/arm64', ifMissing: true },
        { image: 'team/a:1', ifMissing: true },
      ].map((request) => ({ get: { ...request, orPull: true } })),
    );
  });

  it.each([
    [['--as', 'x:1']],
    [['a', 'b', '--as', 'x:1']],
    [['a', '--as', `x@${digest}`]],
    [['a', '--or-pull', '--from', 'mara']],
    [['a', '--or-pull', '--id', 'abcdef']],
    [['--compose', '/nowhere/c.yaml']],
  ])('ends with 2 after the wrong usage %j', async (words) => {
    expect((await runCommand(device.home, ['get', ...words])).code).toBe(2);
    expect(device.operations.calls).toEqual([]);
  });
});
