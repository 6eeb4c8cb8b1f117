import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeImage } from '../../demo/make-image.js';
import { Agent } from '../../src/agent/agent.js';
import type { GetEvent, GetRequest } from '../../src/control/api.js';
import { paths } from '../../src/control/paths.js';
import type { Advert } from '../../src/discovery/advert.js';
import { mayContain } from '../../src/discovery/filter.js';
import { MulticastDiscovery } from '../../src/discovery/multicast.js';
import { openStore } from '../../src/engine/store/store.js';
import { TeamStore } from '../../src/trust/team-store.js';
import type { PeerId } from '../../src/wire/peer-id.js';

const loopback = ['127.0.0.1'];
const never = new AbortController().signal;

/** Asks until the answer holds; in between other things come to pass. */
async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<void> {
  const look = async () => expect(await ask()).toSatisfy(holds);
  await vi.waitFor(look, { timeout: 30_000, interval: 20 });
}

/** Real agents on the loopback interface; the first gives. */
describe('the owner', { timeout: 120_000 }, () => {
  let folder: string;
  const agents: Agent[] = [];
  const home = (name: string) => paths({ P2PIMG_HOME: path.join(folder, name) });
  const file = () => path.join(home('ada').config, 'config.json');
  let ada: Agent;
  let digest: string;

  async function start(name: string, invite?: string): Promise<Agent> {
    const settings = { paths: home(name), engine: 'store', peers: [], interfaces: loopback, name };
    await mkdir(settings.paths.state, { recursive: true });
    const agent = await Agent.open(settings);
    agents.push(agent);
    if (invite === undefined) await agent.createTeam(false);
    else await agent.joinTeam(invite, false);
    await agent.serve(0);
    return agent;
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-settings-'));
    await mkdir(home('ada').config, { recursive: true });
    await writeFile(file(), JSON.stringify({ name: 'ada', uploads: 1 }));
    const store = await openStore(path.join(home('ada').state, 'store'));
    digest = await makeImage(store, 'team/app:1');
    await store.close();
    ada = await start('ada');
    const { invite } = await ada.showTeam();
    for (const name of ['bob', 'cleo', 'dan']) await start(name, invite);
    for (const agent of agents)
      await until(
        () => agent.peers(),
        ({ peers }) => peers.length === 3,
      );
  });

  afterAll(async () => {
    for (const agent of agents) await agent.close();
    await rm(folder, { recursive: true, force: true });
  });

  const other = (index: number): Agent => agents[index] as Agent;
  const get = (agent: Agent, request: Partial<GetRequest> = {}) =>
    agent.get({ image: 'team/app:1', from: 'ada', ...request }, never);
  const drain = async (events: AsyncIterable<GetEvent>): Promise<GetEvent[]> => {
    const all: GetEvent[] = [];
    for await (const event of events) all.push(event);
    return all;
  };
  /** What ada lets another see. */
  const listed = async (agent: Agent) =>
    (await agent.list()).images
      .filter(({ peers }) => peers.some(({ name }) => name === 'ada'))
      .map(({ reference }) => reference);
  /** Follows a get to its end; resolves to its bytes a second, without what comes before and after the bytes. */
  const rateOf = async (events: AsyncIterable<GetEvent>): Promise<number> => {
    let [begun, ended, wire] = [0, 0, 0];
    for await (const event of events) {
      if (event.type === 'plan') begun = performance.now();
      if (event.type === 'loading') ended = performance.now();
      if (event.type === 'progress') wire = event.wire;
    }
    return wire / ((ended - begun) / 1_000);
  };

  /** Whether what ada advertises from now on may contain this. */
  async function advertised(item: string): Promise<boolean> {
    const { team } = await TeamStore.open(home('ada').config);
    const discovery = new MulticastDiscovery({ self: '0'.repeat(64) as PeerId, interfaces: loopback });
    const seen = once(discovery.events, 'seen', { signal: AbortSignal.timeout(10_000) }) as Promise<[Advert]>;
    const all: Advert[] = [];
    discovery.events.on('seen', (advert) => all.push(advert));
    await discovery.start();
    await seen;
    const [advert] = await new Promise<Advert[]>((resolve) => {
      const look = () => {
        const ours = all.filter(({ name }) => name === 'ada');
        if (ours.length > 0) resolve(ours);
      };
      discovery.events.on('seen', look);
      look();
    });
    await discovery.stop();
    if (advert === undefined || team === undefined) throw new Error('ada is not seen');
    return mayContain({ key: team.filterKey, ...advert }, advert.filter, item);
  }

  it('shares what has a name', async () => {
    expect(await ada.settings()).toMatchObject({ shared: ['team/app:1'], hidden: [] });
    expect(await listed(other(1))).toEqual(['team/app:1']);
    expect(await advertised('docker.io/team/app:1')).toBe(true);
  });

  it('hides an image: it is not listed, not advertised, not given by name, ID or digest', async () => {
    await ada.changeSettings({ type: 'hide', pattern: 'team/*' });
    await until(
      () => listed(other(1)),
      (names) => names.length === 0,
    );
    for (const item of ['docker.io/team/app:1', digest]) expect(await advertised(item)).toBe(false);
    for (const image of ['team/app:1', digest, digest.slice(7, 19)])
      await expect(drain(get(other(1), { image }))).rejects.toMatchObject({ code: 'NOBODY_HAS_IT' });
    expect(await ada.settings()).toMatchObject({ shared: [], hidden: ['team/app:1'] });
    await ada.changeSettings({ type: 'share', pattern: 'team/*' });
    await until(
      () => listed(other(1)),
      (names) => names.length === 1,
    );
  });

  it('keeps it in the configuration, for its owner alone, beside what was there', async () => {
    await ada.changeSettings({ type: 'hide', pattern: 'secret/*' });
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({
      name: 'ada',
      uploads: 1,
      sharing: [{ hide: 'secret/*' }],
    });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  it('caps uploads within a tenth, tells those who wait their places, and hides from them what is hidden meanwhile', async () => {
    const limit = 8_000_000; // far below what a busy machine can do
    await ada.changeSettings({ type: 'up', bytesPerSecond: limit });
    const first = rateOf(get(other(1)));
    await until(
      async () => ada.owner.uploads.active,
      (active) => active === 1,
    );
    const waiting = [drain(get(other(2))), drain(get(other(3)))];
    for (const one of waiting) one.catch(() => undefined);
    await until(
      async () => ada.owner.uploads.waiting,
      (count) => count === 2,
    );
    await ada.changeSettings({ type: 'hide', pattern: 'team/app' });
    const rate = await first;
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
    console.log(`a cap of ${limit / 1e6} MB/s up: ${(rate / 1e6).toFixed(1)} MB/s`);
    expect(rate / limit).toBeGreaterThan(0.9);
    expect(rate / limit).toBeLessThan(1.1);
    await ada.changeSettings({ type: 'share', pattern: 'team/app' });
    await ada.changeSettings({ type: 'up' });
  });

  it('caps downloads too, and serves who waits in turn, each of whom hears its place', async () => {
    const limit = 7_000_000;
    await other(2).changeSettings({ type: 'down', bytesPerSecond: limit });
    const order: string[] = [];
    const places: string[] = [];
    async function* noting(index: number, name: string): AsyncGenerator<GetEvent> {
      for await (const event of get(other(index))) {
        if (event.type === 'preparing') places.push(`${name}: ${event.what}`);
        if (event.type === 'progress' && !order.includes(name)) order.push(name);
        yield event;
      }
    }
    const capped = rateOf(noting(2, 'cleo'));
    await until(
      async () => ada.owner.uploads.active,
      (active) => active === 1,
    );
    const next = drain(noting(3, 'dan'));
    await until(
      async () => ada.owner.uploads.waiting,
      (count) => count === 1,
    );
    const rate = await capped;
    await next;
    console.log(`a cap of ${limit / 1e6} MB/s down: ${(rate / 1e6).toFixed(1)} MB/s`);
    expect(rate / limit).toBeGreaterThan(0.9);
    expect(rate / limit).toBeLessThan(1.1);
    expect(order).toEqual(['cleo', 'dan']);
    expect(places).toContain('dan: waiting for a free upload, 1st of 1');
  });

  it('pauses and resumes', async () => {
    await ada.changeSettings({ type: 'pause' });
    await until(
      () => listed(other(1)),
      (names) => names.length === 0,
    );
    expect(await ada.status()).toMatchObject({ paused: true, shared: 0 });
    await ada.changeSettings({ type: 'resume' });
    await until(
      () => listed(other(1)),
      (names) => names.length === 1,
    );
  });

  it('cannot set what the configuration does not take', async () => {
    const before = await readFile(file(), 'utf8');
    await expect(ada.changeSettings({ type: 'uploads', limit: 0 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await readFile(file(), 'utf8')).toBe(before);
  });
});
