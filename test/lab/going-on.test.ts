import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Journey } from './journey.js';
import { workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
let journey: Journey;

beforeAll(async () => {
  journey = await Journey.prepare('cut', 120);
}, 240_000);
afterEach(() => journey.mend());
afterAll(() => journey?.end());

describe.each([
  { source: ada, receiver: bob },
  { source: cleo, receiver: dan },
])('when the cable of $receiver.name is out for 5 s, getting from $source.name', ({ source, receiver }) => {
  let whole = 0;

  it('counts an uncut transfer first', async () => {
    await journey.onlyAt(source);
    const before = await receiver.rxBytes();
    await journey.expectComplete(receiver, await journey.on(receiver).get(journey.name));
    whole = (await receiver.rxBytes()) - before;
  });

  it.each([0.1, 0.5, 0.9])('goes on at the byte where it stopped, at %d of the image', async (share) => {
    await journey.onlyAt(source);
    const before = await receiver.rxBytes();
    const result = await journey.getWith(receiver, share, async () => {
      await receiver.link('down');
      await delay(5_000); // the length of the fault, not a wait for something
      await receiver.link('up');
    });
    await journey.expectComplete(receiver, result);
    expect((await receiver.rxBytes()) - before).toBeLessThan(whole * 1.05);
  });
});
