import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeInvite } from '../../src/trust/invite.js';
import type { Team } from '../../src/trust/team.js';
import { TeamStore } from '../../src/trust/team-store.js';
import { parsePeerId } from '../../src/wire/peer-id.js';
import { testFolder } from './folder.js';

const hour = 3_600_000;
const anna = { peerId: parsePeerId('a'.repeat(64)), name: 'anna' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2024-02-29T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store in a team of two, and its folder. */
async function teamOfTwo(): Promise<{ store: TeamStore; folder: string; old: Team }> {
  const folder = await testFolder();
  const store = await TeamStore.open(folder);
  const old = await store.create();
  await store.recordMember(old, anna);
  return { store, folder, old };
}

describe('a team that is rotated', () => {
  it('has another secret, the old one is void at once, and nobody was met in it', async () => {
    const { store, folder, old } = await teamOfTwo();
    const fresh = await store.rotate(0);
    expect(fresh.tag).not.toBe(old.tag);
    expect(store.team).toBe(fresh);
    expect({ former: store.former, grace: store.grace, members: store.members }).toEqual({
      former: undefined,
      grace: undefined,
      members: [],
    });
    expect(store.holds(old)).toBe(false);
    expect(await readFile(join(folder, 'team.json'), 'utf8')).not.toContain(old.secret.toString('base64url'));
  });

  it('with a grace holds to both to its last millisecond, and no longer', async () => {
    const { store, old } = await teamOfTwo();
    const fresh = await store.rotate(hour);
    expect(store.grace).toEqual({ until: '2024-02-29T13:00:00.000Z' });
    vi.setSystemTime(Date.now() + hour - 1);
    expect([store.holds(fresh), store.holds(old), store.former?.tag]).toEqual([true, true, old.tag]);
    vi.setSystemTime(Date.now() + 1);
    expect([store.holds(fresh), store.holds(old), store.former]).toEqual([true, false, undefined]);
    expect(store.grace).toBeUndefined();
  });

  it('keeps its grace through a restart, and no longer than it was', async () => {
    const { store, folder, old } = await teamOfTwo();
    await store.rotate(hour);
    await store.recordMember(store.team as Team, anna);
    const again = await TeamStore.open(folder);
    expect(again.former?.tag).toBe(old.tag);
    vi.setSystemTime(Date.now() + hour);
    expect((await TeamStore.open(folder)).former).toBeUndefined();
  });

  it('leaves nothing of the old secret on the disk when its grace was ended', async () => {
    const { store, folder, old } = await teamOfTwo();
    await store.rotate(hour);
    const secret = old.secret.toString('base64url');
    expect(await readFile(join(folder, 'team.json'), 'utf8')).toContain(secret);
    await store.endGrace();
    expect(await readFile(join(folder, 'team.json'), 'utf8')).not.toContain(secret);
    expect(store.holds(old)).toBe(false);
  });

  it('once more has only the last one before by grace', async () => {
    const { store, old } = await teamOfTwo();
    const second = await store.rotate(hour);
    await store.rotate(hour);
    expect([store.holds(old), store.holds(second)]).toEqual([false, true]);
  });

  it('is none where there is no team', async () => {
    const store = await TeamStore.open(await testFolder());
    await expect(store.rotate(0)).rejects.toMatchObject({ code: 'NO_TEAM' });
  });
});

describe('a device that joins the rotated team', () => {
  it('leaves the old one only where it is told to, or where it keeps it for a grace', async () => {
    const { store, old } = await teamOfTwo();
    const [one, other] = [await teamOfTwo(), await teamOfTwo()];
    const invite = writeInvite(await store.rotate(0));
    await expect(one.store.join(invite)).rejects.toMatchObject({ code: 'TEAM_IN_USE' });
    await one.store.join(invite, { graceMs: hour });
    expect([one.store.team?.tag, one.store.former?.tag]).toEqual([store.team?.tag, one.old.tag]);
    await other.store.join(invite, { replace: true });
    expect([other.store.team?.tag, other.store.former]).toEqual([store.team?.tag, undefined]);
    expect(store.holds(old)).toBe(false);
  });
});
