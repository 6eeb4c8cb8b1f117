import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Catalogue } from '../../src/agent/catalogue.js';
import { openDevice } from '../../src/agent/device.js';
import { Granted } from '../../src/agent/granted.js';
import { Neighbourhood } from '../../src/agent/neighbours.js';
import { News } from '../../src/agent/news.js';
import { Pace } from '../../src/agent/pace.js';
import { Presence } from '../../src/agent/presence.js';
import { Tally } from '../../src/agent/tally.js';
import { Uploads } from '../../src/agent/uploads.js';
import { paths } from '../../src/control/paths.js';
import type { SelfAdvert } from '../../src/discovery/advert.js';
import type { Discovery, DiscoveryEvents } from '../../src/discovery/discovery.js';
import type { Engine } from '../../src/engine/port.js';
import { writeInvite } from '../../src/trust/invite.js';
import type { PeerId } from '../../src/wire/peer-id.js';
import { testFolder } from '../trust/folder.js';
import { helloOf, listedImage } from './people.js';

/** A LAN in one process: everybody hears what everybody says of themselves. */
class Lan {
  readonly #here = new Map<EventEmitter<DiscoveryEvents>, SelfAdvert | undefined>();

  discovery(): Discovery {
    const events = new EventEmitter<DiscoveryEvents>();
    const tell = () => {
      for (const [hearer] of this.#here)
        for (const [speaker, said] of this.#here)
          if (speaker !== hearer && said !== undefined)
            hearer.emit('seen', { ...said, addresses: ['127.0.0.1'] });
    };
    return {
      events,
      start: async () => void this.#here.set(events, this.#here.get(events)),
      advertise: (self) => void this.#here.set(events, self),
      refresh: tell,
      stop: async () => void this.#here.delete(events),
    };
  }
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const images = [listedImage({ names: ['app:1'] })];

/** A device on the LAN; of the team of `invite`, or of one of its own. `serves` as an agent does, unlike a command. */
async function device(lan: Lan, { invite, serves = true }: { invite?: string; serves?: boolean } = {}) {
  const opened = await openDevice({
    paths: paths({ P2PIMG_HOME: await testFolder() }),
    peers: [],
    interfaces: [],
  });
  if (invite === undefined) await opened.teams.create({});
  else await opened.teams.join(invite, {});
  const engine = { list: async () => images, identify: async () => ({}) } as unknown as Engine;
  const [catalogue, uploads, discovery] = [new Catalogue(engine), new Uploads(4), lan.discovery()];
  const told = { catalogue, uploads, hello: () => helloOf('one', uploads.active) };
  const shared = { device: opened, discovery, engine, ...told };
  const presence = new Presence({
    ...shared,
    uploadPace: new Pace(undefined),
    tally: new Tally(),
    granted: new Granted(),
    arrivals: { welcome: () => Promise.reject(new Error('nothing is sent here')) },
    name: 'one',
    host: '127.0.0.1',
  });
  const neighbours = new Neighbourhood({
    ...shared,
    news: serves ? (channel) => new News(channel, told) : undefined,
    named: [],
    downloadPace: new Pace(undefined),
    noteMembers: () => false,
  });
  presence.events.on('visited', (session) => neighbours.visited(session));
  closing.push(async () => {
    neighbours.close();
    await presence.close();
    await discovery.stop();
  });
  await neighbours.start();
  if (serves) await presence.open(0);
  const { team } = opened.teams;
  return {
    id: opened.identity.peerId,
    invite: team === undefined ? '' : writeInvite(team),
    neighbours,
    presence,
    uploads,
    discovery,
    session: (id: PeerId) => neighbours.all().find(({ peerId }) => peerId === id)?.session,
  };
}

const sockets = () =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

/** Two agents of one team, the one of the lower ID first. */
async function two() {
  const lan = new Lan();
  const one = await device(lan);
  const other = await device(lan, { invite: one.invite });
  const [lower, higher] = one.id < other.id ? [one, other] : [other, one];
  return { lan, lower, higher };
}

const met = ({ lower, higher }: Awaited<ReturnType<typeof two>>) =>
  vi.waitFor(() => {
    expect(lower.session(higher.id)?.servesBothWays).toBe(true);
    expect(higher.session(lower.id)?.servesBothWays).toBe(true);
    expect(sockets()).toBe(2); // both ends are in this process
  });

describe('two agents', () => {
  it('keep one connection, whoever sees the other first', async () => {
    for (const first of ['lower', 'higher', 'both'] as const) {
      const pair = await two();
      if (first !== 'higher') pair.lower.discovery.refresh();
      if (first !== 'lower') pair.higher.discovery.refresh();
      await met(pair);
      for (const close of closing.splice(0)) await close();
      await vi.waitFor(() => expect(sockets()).toBe(0));
    }
  });

  it('tell each other over it what they share and do', async () => {
    const pair = await two();
    pair.lower.discovery.refresh();
    await met(pair);
    const { lower, higher } = pair;
    for (const [teller, hearer] of [
      [lower, higher],
      [higher, lower],
    ] as const) {
      expect(await hearer.session(teller.id)?.catalogue()).toEqual(images);
      await teller.uploads.admit(AbortSignal.timeout(10_000));
      await vi.waitFor(() => expect(hearer.session(teller.id)?.hello.uploads.active).toBe(1));
    }
  });

  it('meet again after it broke, at either end', async () => {
    const pair = await two();
    pair.lower.discovery.refresh();
    for (const [near, far] of [
      [pair.lower, pair.higher],
      [pair.higher, pair.lower],
    ] as const) {
      await met(pair);
      const before = near.session(far.id);
      before?.channel.destroy(new Error('a cable'));
      await vi.waitFor(() => expect(near.session(far.id)).not.toBe(before));
      await met(pair);
    }
  });
});

it('a command of a device takes the place of no connection of its agent', async () => {
  const lan = new Lan();
  const agent = await device(lan);
  const command = await device(lan, { invite: agent.invite, serves: false });
  agent.discovery.refresh();
  await vi.waitFor(() => expect(command.session(agent.id)?.servesBothWays).toBe(false));
  expect(await command.session(agent.id)?.catalogue()).toEqual(images);
  expect(agent.neighbours.all()).toEqual([]);
});
