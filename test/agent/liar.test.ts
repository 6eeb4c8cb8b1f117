import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent } from '../../src/agent/agent.js';
import type { GetEvent, GetRequest } from '../../src/control/api.js';
import { paths } from '../../src/control/paths.js';
import { openStore } from '../../src/engine/store/store.js';
import { parseDigest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import { readInvite } from '../../src/trust/invite.js';
import { freshImage } from '../engine/claims/source.js';
import { give } from '../engine/claims/subject.js';
import { type Liar, startLiar } from './liar.js';
import { untilPeers } from './until-peers.js';

const [truth, bait, lure] = await Promise.all([1, 2, 3].map(() => freshImage(localPlatform())));
if (truth === undefined || bait === undefined || lure === undefined) throw new Error('no images');

let folder: string;
let ada: Agent;
let me: Agent;
let mallory: Liar;

const settings = (name: string, peers: readonly string[] = []) => ({
  paths: paths({ P2PIMG_HOME: path.join(folder, name) }),
  name,
  engine: `layout:${path.join(folder, name, 'store')}`,
  interfaces: ['127.0.0.1'],
  peers,
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-liar-'));
  const store = await openStore(path.join(folder, 'ada', 'store'));
  const id = await give(store, truth);
  await store.tag(id, parseReference('team/app:1'));
  await store.close();
  ada = await Agent.open(settings('ada'));
  const { invite } = await ada.createTeam(false);
  await ada.serve(0);
  mallory = await startLiar('mallory', readInvite(invite), [
    { image: bait, name: 'team/app:1', created: '2099-01-01T00:00:00Z' },
    { image: lure, name: 'team/lure:1', created: '2099-01-01T00:00:00Z' },
  ]);
  me = await Agent.open(settings('me', [mallory.address, `127.0.0.1:${ada.presence.listening?.port}`]));
  await me.joinTeam(invite, true);
  await me.serve(0);
  await untilPeers(me, 'ada', 'mallory');
});

afterAll(async () => {
  await Promise.all([me?.close(), ada?.close(), mallory?.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** What a get told, and how it failed. */
async function got(request: GetRequest) {
  const events: GetEvent[] = [];
  let error: { code?: string; facts?: Record<string, unknown> } = {};
  try {
    for await (const event of me.get(request, new AbortController().signal)) events.push(event);
  } catch (caught) {
    error = caught as typeof error;
  }
  return { events, error, asides: events.filter((event) => event.type === 'aside') };
}

/** For how many minutes from now. */
const minutesTo = (until = ''): number => Math.round((Date.parse(until) - Date.now()) / 60_000);

describe('a member that claims the newest image of a name, and gives something else', () => {
  it('is found out and told, and the name is got from who really has an image of it', async () => {
    const { events, error, asides } = await got({ image: 'team/app:1' });
    expect(error).toEqual({});
    expect(events.flatMap((event) => (event.type === 'found' ? [event.peer.name] : []))).toEqual([
      'mallory',
      'ada',
    ]);
    expect(asides).toMatchObject([
      { peer: { name: 'mallory', id: mallory.identity.peerId, code: 'DIGEST_MISMATCH' } },
    ]);
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      peer: { name: 'ada' },
      configDigest: parseDigest(truth.config.digest),
    });
  });

  it('is named by status, by its ID, with the reason and until when', async () => {
    const { aside = [] } = await me.status();
    expect(aside).toMatchObject([{ name: 'mallory', id: mallory.identity.peerId, code: 'DIGEST_MISMATCH' }]);
    expect(minutesTo(aside[0]?.until)).toBe(10);
  });

  it('is not asked meanwhile, also for what nobody else has, and the failure names it', async () => {
    const before = mallory.asked();
    const { error, asides } = await got({ image: 'team/lure:1' });
    expect(error).toMatchObject({ code: 'NOBODY_HAS_IT', facts: { asked: ['ada'], aside: ['mallory'] } });
    expect(asides).toEqual([]);
    expect(mallory.asked()).toBe(before);
  });

  it('is asked by who names it, fails again, and is set aside for twice as long', async () => {
    const { error } = await got({ image: 'team/lure:1', from: 'mallory' });
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', facts: { peer: 'mallory' } });
    expect(minutesTo((await me.status()).aside?.[0]?.until)).toBe(20);
  });

  it('has left nothing here but the truth', async () => {
    const { images } = await me.list();
    expect(images.filter(({ here }) => here === 'yes').map(({ id }) => id)).toEqual([truth.config.digest]);
  });
});
