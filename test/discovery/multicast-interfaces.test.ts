import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type LanInterface, lanInterfaces } from '../../src/discovery/interfaces.js';
import { MulticastDiscovery } from '../../src/discovery/multicast.js';
import { advertOf, idOf } from './device.js';
import { cleanups, device, loopback, run, sees, timed } from './loopback.js';

describe('interfaces that come and go', () => {
  it('are spoken on as they come, and found again after they went', async () => {
    let list: readonly LanInterface[] = [];
    const name = `roaming-${run}`;
    const roaming = new MulticastDiscovery({ self: idOf(name), list: () => list, pollMs: 20 });
    cleanups.push(() => roaming.stop());
    const bob = device('bob');
    await bob.discovery.start();
    roaming.advertise(advertOf(name));
    await roaming.start();

    for (let round = 0; round < 3; round += 1) {
      const found = timed('found after its interface came', sees(bob.discovery, name));
      list = lanInterfaces(loopback).map((one) => ({ ...one, mark: `${one.mark} ${round}` }));
      await found;
      const changed = once(roaming.events, 'interfaces');
      list = [];
      await changed;
    }
  });

  it('cause trouble that is told, once, and never an exception', async () => {
    const name = `lost-${run}`;
    const list = (): readonly LanInterface[] => [
      { name: 'lost0', address: '203.0.113.7', netmask: '255.255.255.0', mark: 'lost' },
    ];
    const lost = new MulticastDiscovery({ self: idOf(name), list });
    cleanups.push(() => lost.stop());
    lost.advertise(advertOf(name));
    const troubles: unknown[] = [];
    lost.events.on('trouble', (error) => troubles.push(error));
    const told = once(lost.events, 'trouble');
    await Promise.all([told, lost.start()]);
    lost.refresh();
    expect(troubles).toMatchObject([{ facts: { address: '203.0.113.7', interface: 'lost0' } }]);
    expect((await timed('stopped without an interface', lost.stop())).ms).toBeLessThan(1_500);
  });
});
