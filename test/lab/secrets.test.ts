import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInvite } from '../../src/trust/invite.js';
import { processTexts } from '../fixtures/secrets.js';
import { Device } from './device.js';
import { bringUpLab, workstations } from './workstation.js';

const { ada, bob } = workstations;

let devices: Device[] = [];

beforeAll(async () => {
  await bringUpLab();
  devices = await Device.team(ada, bob);
});

afterAll(async () => {
  for (const device of devices) await device.stop();
});

describe('the invite of a team', () => {
  it('is in no argument list, no environment, no output and no file but team.json, during and after a join', async () => {
    const [first, second] = devices as [Device, Device];
    const invite = await first.invite();
    const secret = readInvite(invite).secret;
    const spellings = [
      invite,
      secret.toString('hex'),
      secret.toString('base64url'),
      secret.toString('base64'),
    ];
    const shows = (text: string) => spellings.some((spelling) => text.includes(spelling));
    await second.reset();
    await second.start();

    const joining = second.spawn(['team', 'join', '-']);
    const ended = once(joining, 'close');
    let output = '';
    for (const stream of [joining.stdout, joining.stderr])
      stream?.on('data', (bytes: Buffer) => {
        output += bytes;
      });
    joining.stdin?.end(invite);
    let isOver = false;
    const over = ended.then(() => {
      isOver = true;
    });
    const seen = new Set<string>();
    while (!isOver) for (const text of await processTexts()) seen.add(text);
    await over;
    expect(await ended).toEqual([0, null]);
    expect([...seen].some((text) => text.includes('team\0join\0-'))).toBe(true);
    expect([...seen].filter(shows)).toEqual([]);
    expect(shows(output)).toBe(false);
    await second.untilPeers(1);

    for (const device of devices) {
      expect(shows(device.log)).toBe(false);
      for (const [name, text] of await textsIn(device.home))
        expect({ name, shows: shows(text) }).toEqual({ name, shows: name === 'config/team.json' });
    }
  });
});

async function textsIn(folder: string): Promise<[name: string, text: string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(
      async (name) => [path.relative(folder, name), await readFile(name, 'latin1')] as [string, string],
    ),
  );
}
