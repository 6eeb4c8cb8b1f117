import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { GetEvent } from '../../src/control/api.js';
import { putImage } from '../soak/images.js';
import { LocalAgent } from '../soak/local-agent.js';

const hourMs = 3_600_000;

it('finds a peer again, and gets from it, when the clock was put back or forward meanwhile', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-clock-'));
  const ada = new LocalAgent(folder, `ada-${process.pid}`);
  const bob = new LocalAgent(folder, `bob-${process.pid}`);
  onTestFinished(async () => {
    for (const agent of [ada, bob]) await agent.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });
  await Promise.all([ada.start(), bob.start()]);
  const asked = await bob.operations();
  await asked.joinTeam((await (await ada.operations()).showTeam()).invite, true);
  const untilPeers = async (count: number) => {
    await expect
      .poll(async () => (await asked.status()).peers, { timeout: 20_000, interval: 250 })
      .toBe(count);
  };
  await untilPeers(1);

  for (const [round, shift] of [-hourMs, hourMs].entries()) {
    await ada.end('SIGKILL'); // so that it is not dialled for a moment
    await untilPeers(0);
    await bob.shiftClock(shift);
    await ada.start();
    await untilPeers(1);
    const name = `clock/app:${round}`;
    const expected = await putImage(await ada.layout(), name);
    let last: GetEvent | undefined;
    for await (const event of asked.get({ image: name }, new AbortController().signal)) last = event;
    expect(last).toMatchObject({ type: 'done', configDigest: expected });
    expect((last as { durationMs: number }).durationMs).toBeGreaterThanOrEqual(0);
    expect((last as { durationMs: number }).durationMs).toBeLessThan(60_000);
  }
});
