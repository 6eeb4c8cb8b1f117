import { EventEmitter, once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Neighbourhood } from '../../src/agent/neighbours.js';
import { Pace } from '../../src/agent/pace.js';
import { type Advert, sealed } from '../../src/discovery/advert.js';
import type { Discovery, DiscoveryEvents } from '../../src/discovery/discovery.js';
import { writeInvite } from '../../src/trust/invite.js';
import { TeamStore } from '../../src/trust/team-store.js';
import type { PeerId } from '../../src/wire/peer-id.js';
import { helloOf } from '../agent/people.js';
import { listening, receiver, source, stranger, team } from '../net/lab.js';
import { testFolder } from '../trust/folder.js';

/** The neighbourhood of a device that hears what a test says on the network. */
async function neighbourhood() {
  const teams = await TeamStore.open(await testFolder());
  await teams.join(writeInvite(team));
  const events = new EventEmitter<DiscoveryEvents>();
  const nothing = async () => undefined;
  const discovery: Discovery = {
    events,
    start: nothing,
    advertise: nothing,
    refresh: nothing,
    stop: nothing,
  };
  const device = { identity: receiver, teams, configuration: {} as never };
  const near = new Neighbourhood({
    device,
    discovery,
    hello: () => helloOf('me'),
    named: [],
    downloadPace: new Pace(undefined),
    noteMembers: () => false,
  });
  await near.start();
  onTestFinished(() => near.close());
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await once(near.events, 'changed');
  };
  return { near, events, until };
}

function advertOf(peerId: PeerId, port: number): Advert {
  const plain = { peerId, name: 'ada', teamTag: team.tag, protocol: 1, generation: 1, port };
  const advert = sealed(team.filterKey, { ...plain, filter: undefined, seal: undefined });
  return { ...advert, addresses: ['127.0.0.1'] };
}

/** A source that says hello to whoever proves itself. */
async function greeting(identity = source) {
  const { listener, port, channels, refused } = await listening({
    identity,
    onChannel: (channel) => {
      channels.put(channel);
      void channel.send(helloOf('ada')).catch(() => undefined);
    },
  });
  return { listener, port, channels, refused };
}

describe('a forged goodbye', () => {
  it('cuts no connection that stands; the end of the connection does', async () => {
    const { near, events, until } = await neighbourhood();
    const { port, channels, listener } = await greeting();
    events.emit('seen', advertOf(source.peerId, port));
    await until(() => near.all().length === 1);
    for (let left = 100; left > 0; left -= 1) events.emit('gone', source.peerId);
    expect(near.all().map(({ name }) => name)).toEqual(['ada']);
    expect(near.matching('docker.io/team/app:2')).toHaveLength(1);
    await listener.close();
    (await channels.next()).close();
    await until(() => near.all().length === 0);
    expect(near.gone().map(({ name }) => name)).toEqual(['ada']);
  });
});

describe('a forged advert', () => {
  it('without the seal of the team leads to no dial', async () => {
    const { near, events, until } = await neighbourhood();
    const { port, channels } = await greeting();
    const foreign = await greeting(stranger);
    const real = advertOf(source.peerId, port);
    for (let left = 1_000; left > 0; left -= 1)
      events.emit('seen', { ...real, peerId: stranger.peerId, port: foreign.port });
    events.emit('seen', real);
    await until(() => near.all().length === 1);
    await channels.next();
    expect([foreign.channels.all, foreign.refused.all]).toEqual([[], []]);
  });

  it('that is a member’s, and points at another device, wastes one dial, whose end shows the wrong key', async () => {
    const { near, events } = await neighbourhood();
    const elsewhere = await greeting(stranger);
    const forged = advertOf(source.peerId, elsewhere.port);
    const settled = once(near.events, 'changed');
    for (let left = 1_000; left > 0; left -= 1) events.emit('seen', forged);
    await settled;
    // It is out now, and waits for ten seconds, whatever is said.
    for (let left = 1_000; left > 0; left -= 1) events.emit('seen', forged);
    const real = await greeting(stranger);
    events.emit('seen', advertOf(stranger.peerId, real.port));
    await real.channels.next();
    expect(near.all().map(({ peerId }) => peerId)).not.toContain(source.peerId);
    expect(elsewhere.channels.all).toEqual([]);
  });
});
