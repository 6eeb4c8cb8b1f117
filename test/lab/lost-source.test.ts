import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Journey } from './journey.js';
import { stockOf } from './stock.js';
import { type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan } = workstations;
/** As a line of an engine's stock: a temporary name, or no name. */
const leftOver = /p2pimg-temporary| $/;
let journey: Journey;

beforeAll(async () => {
  journey = await Journey.prepare('lost', 8);
}, 240_000);
afterEach(() => journey.mend());
afterAll(() => journey?.end());

async function expectNothingLeft(...machines: readonly Workstation[]): Promise<void> {
  for (const machine of machines)
    await expect
      .poll(async () => (await stockOf(machine)).filter((line) => leftOver.test(line)), {
        timeout: 30_000,
        message: machine.name,
      })
      .toEqual([]);
}

describe('when the receiver prunes its images in the middle', () => {
  it.each([
    { source: ada, receiver: bob },
    { source: cleo, receiver: dan },
    { source: ada, receiver: dan },
    { source: cleo, receiver: bob },
  ])(
    'what $receiver.name had of the image comes from $source.name after all',
    async ({ source, receiver }) => {
      await journey.onlyAt(source);
      await journey.giveBase(receiver);
      const result = await journey.getWith(receiver, 0.3, () =>
        receiver.docker('image', 'prune', '--all', '--force'),
      );
      await journey.expectComplete(receiver, result);
      const { image } = await journey.on(receiver).saved(journey.name);
      expect(image.layers.map(({ diffId }) => diffId)).toEqual(journey.image.diffIds);
      await expectNothingLeft(receiver);
    },
  );
});

describe('when the source is killed at half of the image', () => {
  it.each([
    { source: ada, second: cleo, receiver: bob },
    { source: ada, second: cleo, receiver: dan },
    { source: cleo, second: ada, receiver: dan },
    { source: cleo, second: ada, receiver: bob },
    { source: cleo, second: dan, receiver: bob },
  ])(
    '$receiver.name completes from $second.name ($second.engine) what $source.name ($source.engine) began',
    async ({ source, second, receiver }) => {
      await journey.onlyAt(source, second);
      // Which of the two is asked first is a matter of chance: kill whoever gives.
      const result = await journey.getWith(receiver, 0.5, (giver) =>
        journey.on(giver === source.name ? source : second).kill(),
      );
      await journey.expectComplete(receiver, result);
      expect(result.events.map(({ type }) => type)).toContain('lost');
      await expectNothingLeft(receiver);
    },
  );

  it.each([
    { source: ada, receiver: bob },
    { source: cleo, receiver: dan },
  ])(
    'and no other has it, $receiver.name gives up with 4, keeps nothing, and the next get works',
    async ({ source, receiver }) => {
      await journey.onlyAt(source);
      const result = await journey.getWith(receiver, 0.5, () => journey.on(source).kill());
      expect(result.code).toBe(4);
      expect(result.error).toMatchObject({ code: 'PEER_LOST', facts: { peer: source.name } });
      expect(await stockOf(receiver)).toEqual([]);
      await journey.mend();
      await journey.expectComplete(receiver, await journey.on(receiver).get(journey.name));
      await expectNothingLeft(source, receiver);
    },
  );
});

describe('when the agent of the receiver is killed at half of the image', () => {
  it.each([
    { source: ada, receiver: bob, most: 0.75 },
    { source: cleo, receiver: dan, most: 1.05 },
  ])(
    'the next get on $receiver.name carries only what its engine did not keep',
    async ({ source, receiver, most }) => {
      await journey.onlyAt(source);
      const begun = await receiver.rxBytes();
      await journey.on(receiver).get(journey.name);
      const whole = (await receiver.rxBytes()) - begun;

      await journey.onlyAt(source);
      const broken = await journey.getWith(receiver, 0.5, () => journey.on(receiver).kill());
      expect(broken.code).not.toBe(0);
      await journey.mend();
      await expectNothingLeft(receiver);
      const before = await receiver.rxBytes();
      await journey.expectComplete(receiver, await journey.on(receiver).get(journey.name));
      expect((await receiver.rxBytes()) - before).toBeLessThan(whole * most);
    },
  );
});
