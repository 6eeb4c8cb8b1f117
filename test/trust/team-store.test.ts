import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeInvite } from '../../src/trust/invite.js';
import { Team } from '../../src/trust/team.js';
import { TeamStore } from '../../src/trust/team-store.js';
import { parsePeerId } from '../../src/wire/peer-id.js';
import { testFolder } from './folder.js';

const onPosix = it.skipIf(process.platform === 'win32');
const anna = { peerId: parsePeerId('a'.repeat(64)), name: 'anna’s laptop' };
const ben = { peerId: parsePeerId('b'.repeat(64)), name: 'ben' };

describe('the team of a device', () => {
  it('is none at first', async () => {
    const store = await TeamStore.open(await testFolder());
    expect(store.team).toBeUndefined();
    expect(store.members).toEqual([]);
  });

  it('is still there after a restart, with who was met', async () => {
    const folder = await testFolder();
    const store = await TeamStore.open(folder);
    const team = await store.create();
    await Promise.all([store.recordMember(team, anna), store.recordMember(team, ben)]);
    const again = await TeamStore.open(folder);
    expect(again.team?.secret).toEqual(team.secret);
    expect(again.members).toEqual([anna, ben]);
    expect(await readdir(folder)).toEqual(['team.json']);
  });

  it('knows a member by the last name', async () => {
    const store = await TeamStore.open(await testFolder());
    const team = await store.create();
    await store.recordMember(team, anna);
    await store.recordMember(team, { ...anna, name: 'desk' });
    expect(store.members).toEqual([{ ...anna, name: 'desk' }]);
  });

  it('can be joined by another device’s invite', async () => {
    const [one, two] = [await TeamStore.open(await testFolder()), await TeamStore.open(await testFolder())];
    await two.join(writeInvite(await one.create()));
    expect(two.team?.tag).toBe(one.team?.tag);
  });

  it('is left without a word for another if nobody else joined it', async () => {
    const store = await TeamStore.open(await testFolder());
    await store.create();
    const other = Team.create();
    await store.join(writeInvite(other));
    expect(store.team?.tag).toBe(other.tag);
  });

  it('is kept, and its members named, if somebody joined it', async () => {
    const store = await TeamStore.open(await testFolder());
    const team = await store.create();
    await store.recordMember(team, anna);
    const invite = writeInvite(Team.create());
    const refusal = { code: 'TEAM_IN_USE', facts: { members: [anna.name] } };
    await expect(store.join(invite)).rejects.toMatchObject(refusal);
    await expect(store.create()).rejects.toMatchObject(refusal);
    expect(store.team?.tag).toBe(team.tag);
  });

  it('is replaced when told so, and its members forgotten', async () => {
    const folder = await testFolder();
    const store = await TeamStore.open(folder);
    await store.recordMember(await store.create(), anna);
    const other = Team.create();
    await store.join(writeInvite(other), { replace: true });
    const again = await TeamStore.open(folder);
    expect(again.team?.tag).toBe(other.tag);
    expect(again.members).toEqual([]);
  });

  it('keeps its members when joined once more', async () => {
    const store = await TeamStore.open(await testFolder());
    const team = await store.create();
    await store.recordMember(team, anna);
    await store.join(writeInvite(team));
    expect(store.members).toEqual([anna]);
  });

  it('does not take a member that proved itself in the team before', async () => {
    const store = await TeamStore.open(await testFolder());
    const before = await store.create();
    await store.join(writeInvite(Team.create()));
    await store.recordMember(before, anna);
    expect(store.members).toEqual([]);
  });

  it('can be left', async () => {
    const folder = await testFolder();
    const store = await TeamStore.open(folder);
    await store.create();
    await store.leave();
    expect(store.team).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not change on a mistyped invite', async () => {
    const store = await TeamStore.open(await testFolder());
    const team = await store.create();
    await expect(store.join('p2pimg-oops')).rejects.toMatchObject({ code: 'INVITE_INVALID' });
    expect(store.team).toBe(team);
  });

  onPosix('lies in a file for the owner alone, and is refused from any other', async () => {
    const folder = await testFolder();
    const file = join(folder, 'team.json');
    const store = await TeamStore.open(folder);
    await store.create();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o644);
    await expect(TeamStore.open(folder)).rejects.toMatchObject({
      code: 'SECRET_EXPOSED',
      facts: { file, command: `chmod 600 ${file}` },
    });
  });

  it.each(['', '[]', '{"secret":"AAAA","members":[]}', `{"secret":"${'A'.repeat(43)}"}`])(
    'in a damaged file (%j) is an error, and the file stays',
    async (text) => {
      const folder = await testFolder();
      const file = join(folder, 'team.json');
      await writeFile(file, text, { mode: 0o600 });
      await expect(TeamStore.open(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID', facts: { file } });
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );

  it('never shows its secret in a log or in JSON', async () => {
    const store = await TeamStore.open(await testFolder());
    const team = await store.create();
    const shown = inspect(store, { showHidden: true, depth: 9 }) + JSON.stringify(store);
    expect(shown).not.toContain(team.secret.toString('base64url'));
    expect(shown).not.toContain(team.secret.toString('hex').slice(0, 16));
  });
});
