import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { StatusReport } from '../../../src/control/api.js';
import { openLayout } from '../../../src/engine/store/layout.js';
import { leftIn } from '../../soak/images.js';
import type { Device } from '../device.js';
import { stockOf } from '../stock.js';
import { storeOf, wholeImage } from './images.js';

/** A device's own files, as they must be again after any crash. */
export interface Kept {
  readonly names: readonly string[];
  readonly identity: string;
  readonly secret: string;
  readonly configuration: string;
}

/** Reads a device's configuration folder; throws where one of its files is not whole. */
export async function keptBy({ home }: Device): Promise<Kept> {
  const folder = path.join(home, 'config');
  const read = (name: string) => readFile(path.join(folder, name), 'utf8');
  const configuration = await read('config.json');
  JSON.parse(configuration);
  return {
    names: (await readdir(folder)).toSorted(),
    identity: await read('identity.json'),
    secret: (JSON.parse(await read('team.json')) as { secret: string }).secret,
    configuration,
  };
}

/**
 * What must hold on a device whose programs run again after one of them, or its peer's, was killed. An engine that had
 * all of an image makes it whole, though nobody is left who names it: `wholeOnes` are the IDs that may be so.
 */
export async function expectSound(
  device: Device,
  name: string,
  before: Kept,
  wholeOnes: readonly string[] = [],
): Promise<void> {
  const where = device.workstation.name;
  expect(await keptBy(device), `the configuration of ${where}`).toEqual(before);
  // An agent asks again for an engine that was away, every few seconds.
  await expect
    .poll(() => device.json<StatusReport>(['status']), { timeout: 15_000, message: `what ${where} says` })
    .toMatchObject({ running: true, engine: { state: 'up' } });
  const run = path.join(device.home, 'run');
  expect(await readdir(run), `sockets of ${where}`).toEqual(['agent.sock']);
  // A name of ours may stand while an engine is asked something; one that was left stays.
  await expect
    .poll(async () => (await leftOn(device)).filter((line) => !wholeOnes.includes(line.trim())), {
      timeout: 30_000,
      interval: 500,
      message: `left on ${where}`,
    })
    .toEqual([]);
  await wholeImage(device, name);
  for (const left of await leftOn(device)) await device.saved(left.trim());
}

/** What is on a device and nobody wants: temporary names, images without a name, half ones, parts of imports. */
async function leftOn(device: Device): Promise<string[]> {
  if (device.workstation.engine === 'none') return leftIn(await openLayout(storeOf(device)));
  return (await stockOf(device.workstation)).filter((line) => / $|p2pimg-temporary|127\.0\.0\.1/.test(line));
}
