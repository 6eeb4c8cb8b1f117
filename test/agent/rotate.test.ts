import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Agent } from '../../src/agent/agent.js';
import { paths } from '../../src/control/paths.js';
import { openStore } from '../../src/engine/store/store.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import { dial } from '../../src/net/dial.js';
import { readInvite, writeInvite } from '../../src/trust/invite.js';
import type { Team } from '../../src/trust/team.js';
import { freshImage } from '../engine/claims/source.js';
import { give } from '../engine/claims/subject.js';
import { newIdentity } from '../net/lab.js';
import { untilPeers } from './until-peers.js';

const hour = 3_600;
let folder: string;
let ada: Agent;
let bob: Agent;
let old: Team;

const storeOf = (name: string): string => path.join(folder, name, 'store');

/** An agent on the loopback interface that serves, and looks for those that it is told of. */
async function agentOf(name: string, ...peers: string[]): Promise<Agent> {
  const agent = await Agent.open({
    paths: paths({ P2PIMG_HOME: path.join(folder, name) }),
    name,
    engine: `layout:${storeOf(name)}`,
    interfaces: ['127.0.0.1'],
    peers,
  });
  onTestFinished(() => agent.close());
  return agent;
}

const addressOf = (agent: Agent): string => `127.0.0.1:${agent.presence.listening?.port}`;
const names = async (agent: Agent): Promise<string[]> => (await agent.peers()).peers.map(({ name }) => name);
const inviteOf = async (agent: Agent): Promise<string> => (await agent.showTeam()).invite;

/** Whether somebody with this team's secret gets into an agent. */
async function letsIn(agent: Agent, team: Team): Promise<boolean> {
  const signal = new AbortController().signal;
  const calling = dial({
    addresses: [addressOf(agent)],
    identity: await newIdentity(),
    team,
    signal,
    timeoutMs: 9_000,
  });
  return calling.then(
    (channel) => {
      channel.close();
      return true;
    },
    () => false,
  );
}

async function get(agent: Agent, image: string): Promise<string | undefined> {
  for await (const event of agent.get({ image }, new AbortController().signal))
    if (event.type === 'done') return event.peer?.name;
  return undefined;
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-rotate-'));
  const store = await openStore(storeOf('ada'));
  for (const name of ['one', 'two'])
    await store.tag(await give(store, await freshImage(localPlatform())), parseReference(`team/${name}:1`));
  await store.close();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Ada has two images, and bob is in her team, connected to her. */
async function twoInATeam(): Promise<void> {
  ada = await agentOf('ada');
  old = readInvite((await ada.createTeam(false)).invite);
  await ada.serve(0);
  bob = await agentOf('bob', addressOf(ada));
  await bob.joinTeam(await inviteOf(ada), true);
  await bob.serve(0);
  await untilPeers(bob, 'ada');
}

describe('a rotated team', () => {
  it('has cut whoever stands on the old secret, and lets them in again with the new invite', async () => {
    await twoInATeam();
    await ada.rotateTeam(0);
    await untilPeers(bob);
    expect(await letsIn(ada, old)).toBe(false);
    expect((await ada.status()).team).toMatchObject({ joinedBy: 0 });
    expect((await ada.status()).team).not.toHaveProperty('grace');
    await bob.joinTeam(await inviteOf(ada), true);
    await untilPeers(bob, 'ada');
    expect(await get(bob, 'team/one:1')).toBe('ada');
  });

  it('with a grace lets both in, gives to both, and says so', async () => {
    await twoInATeam();
    await ada.rotateTeam(hour);
    expect(await names(bob)).toEqual(['ada']);
    expect(await get(bob, 'team/one:1')).toBe('ada');
    const cleo = await agentOf('cleo', addressOf(ada), addressOf(bob));
    await cleo.joinTeam(await inviteOf(ada), true);
    await untilPeers(cleo, 'ada');
    expect(await get(cleo, 'team/one:1')).toBe('ada');
    expect(await letsIn(ada, old)).toBe(true);
    expect((await ada.status()).team?.grace).toEqual({ until: expect.stringMatching(/^20.*Z$/) });
  });

  it('is joined with a grace by one device after the other, and none is lost on the way', async () => {
    await twoInATeam();
    await ada.rotateTeam(hour);
    await bob.joinTeam(await inviteOf(ada), false, hour);
    await untilPeers(bob, 'ada');
    const late = await agentOf('late', addressOf(bob));
    await late.joinTeam(writeInvite(old), true);
    await untilPeers(late, 'bob');
  });

  it('keeps its grace through a restart of the agent', async () => {
    await twoInATeam();
    await ada.rotateTeam(hour);
    await ada.close();
    ada = await agentOf('ada');
    await ada.serve(0);
    expect(await letsIn(ada, old)).toBe(true);
    expect((await ada.status()).team?.grace).toBeDefined();
  });

  it('ends its grace by itself, and cuts what stands on the old secret', async () => {
    await twoInATeam();
    await ada.rotateTeam(1);
    await untilPeers(bob);
    expect((await ada.status()).team).not.toHaveProperty('grace');
    expect(await letsIn(ada, old)).toBe(false);
  });
});
