import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListReport, PeersReport, StatusReport } from '../../src/control/api.js';
import { CREATED } from '../fixtures/layer.js';
import { file, tarOf } from '../fixtures/tar.js';
import { Device } from './device.js';
import { clear } from './stock.js';
import { until } from './until.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
const all = [ada, bob, cleo, dan];
const shownWithinMs = 2_000;

let devices: Device[] = [];
const on = (workstation: Workstation): Device => {
  const device = devices.find((one) => one.workstation === workstation);
  if (device === undefined) throw new Error(`no device on ${workstation.name}`);
  return device;
};

beforeAll(async () => {
  await bringUpLab();
  await Promise.all(all.map((workstation) => clear(workstation)));
  devices = await Device.team(...all);
});

afterAll(async () => {
  await bob.link('up');
  for (const device of devices) await device.stop();
  await Promise.all(all.map((workstation) => clear(workstation)));
});

/** `docker build`, as the classic builder does it, of an image that every build makes anew. */
async function build(workstation: Workstation, name: string, content: string): Promise<void> {
  const context = tarOf(
    [file('Dockerfile', 'FROM scratch\nCOPY app /app\n'), file('app', content)],
    content,
    CREATED,
  );
  const { code, stderr } = await workstation.run(['docker', 'build', '--quiet', '--tag', name, '-'], {
    env: { DOCKER_BUILDKIT: '0' },
    input: context,
  });
  if (code !== 0) throw new Error(`build on ${workstation.name}: ${stderr}`);
}

describe.each([
  { source: ada, observer: cleo },
  { source: cleo, observer: ada },
  { source: dan, observer: ada },
])('what docker does on $source.name ($source.engine)', ({ source, observer }) => {
  const app = `follow/${source.name}:1`;
  const other = `follow/${source.name}:2`;

  /** Does it, and measures how long another machine's list shows the old state. */
  async function seen(
    what: string,
    act: () => Promise<unknown>,
    names: readonly string[],
  ): Promise<ListReport['images']> {
    await act();
    let images: ListReport['images'] = [];
    const ms = await until(
      async () => {
        ({ images } = await on(observer).json<ListReport>(['ls']));
        return images.map(({ reference }) => reference).toSorted();
      },
      (listed) => listed.join() === names.join(),
      { withinMs: 10_000 },
    );
    console.log(`lab: ${what} on ${source.name} (${source.engine}) is seen after ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(shownWithinMs);
    return images;
  }

  it('is on the list of another machine within 2 s: build, tag, another build, untag, rmi', async () => {
    const [first] = await seen('a build', () => build(source, app, 'first'), [app]);
    await seen('a tag', () => source.docker('tag', app, other), [app, other]);
    const rebuilt = await seen('another build', () => build(source, app, 'second'), [app, other]);
    expect(rebuilt.find(({ reference }) => reference === other)?.id).toBe(first?.id);
    await until(
      async () => (await on(observer).json<ListReport>(['ls'])).images,
      (images) => new Set(images.map(({ id }) => id)).size === 2,
      { withinMs: shownWithinMs },
    );
    await seen(
      'an untag',
      () => source.docker('rmi', '--no-prune', other),
      [app, undefined].filter((one) => one !== undefined),
    );
    await seen('an rmi', () => clear(source), []);
  });
});

describe('a peer', () => {
  const names = async (): Promise<string[]> =>
    (await on(ada).json<PeersReport>(['peers'])).peers.map(({ name }) => name);
  const here = (listed: readonly string[]): boolean => listed.includes('bob');
  const gone = (listed: readonly string[]): boolean => !here(listed);

  it('is gone within 2 s of a clean stop, and there within 2 s of its start', async () => {
    await until(names, here);
    const stopping = performance.now();
    expect(await on(bob).stop()).toBe(0);
    const goneMs = await until(names, gone, { since: stopping });
    const starting = performance.now();
    await on(bob).start();
    const ready = performance.now();
    const hereMs = await until(names, here, { since: ready });
    console.log(
      `lab: a clean stop is seen after ${Math.round(goneMs)} ms, a start ${Math.round(hereMs)} ms after it is ready ` +
        `(${Math.round(ready - starting + hereMs)} ms after the command)`,
    );
    expect(goneMs).toBeLessThan(shownWithinMs);
    expect(hereMs).toBeLessThan(shownWithinMs);
  });

  it('is gone within 2 s of a crash', async () => {
    await until(names, here);
    const since = performance.now();
    await on(bob).kill();
    const goneMs = await until(names, gone, { since });
    await on(bob).start();
    await until(names, here);
    console.log(`lab: a crash is seen after ${Math.round(goneMs)} ms`);
    expect(goneMs).toBeLessThan(shownWithinMs);
  });

  it('is gone within 15 s when cable and process go without a word, and back when they are', async () => {
    await until(names, here);
    // `status` tells what the agent knows; `peers` would wait for it to dial once more.
    const count = async () => (await on(ada).json<StatusReport>(['status'])).peers;
    const before = await count();
    const since = performance.now();
    await bob.link('down');
    await on(bob).kill();
    const goneMs = await until(count, (now) => now === before - 1, { since });
    await bob.link('up');
    await on(bob).start();
    const backMs = await until(names, here);
    console.log(
      `lab: silence is seen after ${Math.round(goneMs)} ms; back ${Math.round(backMs)} ms after its start`,
    );
    expect(goneMs).toBeLessThan(15_000);
  });
});
