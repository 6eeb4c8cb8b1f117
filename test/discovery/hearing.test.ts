import { describe, expect, it } from 'vitest';
import { hearMulticast } from '../../src/discovery/hearing.js';
import { lanInterfaces } from '../../src/discovery/interfaces.js';
import { advertOf, idOf } from './device.js';
import { device, loopback } from './loopback.js';

describe('hearing', () => {
  it('tells that it heard itself, and which agents answered, on each interface', async () => {
    const bob = device('bob');
    bob.discovery.advertise(advertOf(bob.name));
    await bob.discovery.start();
    const [hearing] = await hearMulticast(lanInterfaces(loopback));
    expect(hearing).toMatchObject({ interface: { address: '127.0.0.1' }, failure: undefined, itself: true });
    const found = hearing?.adverts.filter(({ advert }) => advert.peerId === idOf(bob.name));
    expect(found).toMatchObject([{ sender: '127.0.0.1', advert: { name: bob.name } }]);
    expect(hearing?.others).toEqual([]); // this machine's own words are not another's
  });

  it('tells why an interface cannot be spoken on', async () => {
    const gone = { name: 'lost0', address: '203.0.113.7', netmask: '255.255.255.0', mark: 'lost' };
    const [hearing] = await hearMulticast([gone], 200);
    expect(hearing).toMatchObject({ itself: false, failure: { at: 'joining' } });
  });
});
