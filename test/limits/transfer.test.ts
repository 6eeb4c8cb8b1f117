import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type House, serve } from '../../src/agent/serve.js';
import { digestOf } from '../../src/image/digest.js';
import { wantWithinMs } from '../../src/transfer/give.js';
import { maximumChannels, Tickets } from '../../src/transfer/tickets.js';
import type { Team } from '../../src/trust/team.js';
import { maximumMembers, TeamStore } from '../../src/trust/team-store.js';
import { parsePeerId } from '../../src/wire/peer-id.js';
import { helloOf } from '../agent/people.js';
import { giving, next, shelf, want, wanted } from '../transfer/giving.js';
import { channelPair } from '../transfer/memory-channel.js';
import { testFolder } from '../trust/folder.js';

afterEach(() => void vi.useRealTimers());

describe('a transfer', () => {
  it.each([
    ['waits for a want that comes within two minutes', wantWithinMs - 1, 'BLOB'],
    ['ends when none has come by then', wantWithinMs + 1, 'GONE'],
  ])('%s', async (_, ms, then) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const exported = vi.fn(shelf.export);
    const { receiving, given } = giving({ export: exported });
    await next(receiving);
    await vi.advanceTimersByTimeAsync(ms);
    await receiving.send(want(wanted)).catch(() => undefined);
    if (then === 'BLOB') await next(receiving);
    receiving.close();
    await given;
    expect(exported).toHaveBeenCalledTimes(then === 'BLOB' ? 1 : 0);
  });

  it('is read over 32 connections at once, and not over one more', async () => {
    const tickets = new Tickets();
    const [digest, { giving: first }] = [digestOf('x'), channelPair()];
    const image = {
      id: digest,
      configDigest: digest,
      platform: { os: 'linux', architecture: 'amd64' },
      size: 1,
    };
    const never = () => new Promise<never>(() => undefined);
    const reader = { begin: () => undefined, read: never, close: async () => undefined };
    const ticket = tickets.issue({
      peerId: first.peerId,
      image: { ...image, layers: [] },
      reader,
      encoding: 'identity',
    });
    const open = () => {
      const { giving: channel, receiving } = channelPair();
      void tickets.serve(channel, { type: 'read', ticket, digest, offset: 0 });
      return receiving;
    };
    const all = Array.from({ length: maximumChannels }, open);
    const refused = await next(open());
    expect(refused).toMatchObject({ type: 'refuse', code: 'PROTOCOL_VIOLATION' });
    expect(all.map(({ state }) => state)).toEqual(Array(maximumChannels).fill('open'));
    tickets.revoke(ticket);
  });
});

describe('a receiver', () => {
  it('is written down once a connection, however often it says another name', async () => {
    const events = new EventEmitter();
    const met: string[] = [];
    const house = {
      catalogue: { events, generation: 1, shared: [], refresh: async () => undefined },
      uploads: { events },
      hello: () => helloOf('me'),
      mayServeBothWays: () => false,
      met: (_: unknown, name: string) => met.push(name),
    } as unknown as House;
    const { receiving, giving: given } = channelPair();
    const served = serve(given, house);
    await next(receiving);
    for (let at = 0; at < 100; at += 1) await receiving.send(helloOf(`name ${at}`));
    await receiving.send({ type: 'list' });
    expect(await next(receiving)).toMatchObject({ type: 'catalogue' });
    receiving.close();
    await served;
    expect(met).toEqual(['name 0']);
  });
});

describe('the members that were met', () => {
  it('are remembered, a thousand of them, and for one more the first is forgotten', async () => {
    const store = await TeamStore.open(await testFolder());
    const team: Team = await store.create();
    const member = (at: number) => ({
      peerId: parsePeerId(at.toString(16).padStart(64, '0')),
      name: `m${at}`,
    });
    for (let at = 0; at < maximumMembers; at += 1) await store.recordMember(team, member(at));
    expect([store.members.length, store.members[0]?.name]).toEqual([maximumMembers, 'm0']);
    await store.recordMember(team, member(maximumMembers));
    expect([store.members.length, store.members[0]?.name]).toEqual([maximumMembers, 'm1']);
    expect(store.members.at(-1)?.name).toBe(`m${maximumMembers}`);
  });
});
