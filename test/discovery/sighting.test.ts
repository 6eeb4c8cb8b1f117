import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SelfAdvert } from '../../src/discovery/advert.js';
import { toTxt } from '../../src/discovery/advert.js';
import { type DnsRecord, readSightings } from '../../src/discovery/sighting.js';
import { advertOf } from './device.js';

const lan = [{ name: 'eth0', address: '192.168.0.10', netmask: '255.255.255.0', mark: 'x' }];
const fqdn = 'ada-1234._p2pimg._tcp.local';

function records(own: SelfAdvert, ttl = 120): DnsRecord[] {
  const data = Object.entries(toTxt(own)).map(([name, value]) => Buffer.from(`${name}=${value}`));
  return [
    { name: '_p2pimg._tcp.local', type: 'PTR', ttl, data: fqdn },
    { name: fqdn, type: 'SRV', ttl, data: { port: own.port, target: 'p2pimg-1.local' } },
    { name: fqdn, type: 'TXT', ttl, data },
    { name: 'p2pimg-1.local', type: 'A', ttl, data: '192.168.0.20' },
    { name: 'another.local', type: 'A', ttl, data: '192.168.0.99' },
  ];
}

describe('a response', () => {
  const own = advertOf('ada');

  it('tells of the device, and where to dial it', () => {
    expect(readSightings(records(own), '192.168.0.21', lan)).toEqual([
      { type: 'seen', advert: { ...own, addresses: ['192.168.0.21', '192.168.0.20'] } },
    ]);
  });

  it('tells a goodbye when its TXT has no time to live', () => {
    expect(readSightings(records(own, 0), '192.168.0.21', lan)).toEqual([
      { type: 'gone', peerId: own.peerId },
    ]);
  });

  it('is read whatever the case of its names', () => {
    const upper = records(own).map((record) => ({ ...record, name: record.name.toUpperCase() }));
    expect(readSightings(upper, '192.168.0.21', lan)).toHaveLength(1);
  });

  it('says nothing without a service record, or of another service', () => {
    const without = records(own).filter(({ type }) => type !== 'SRV');
    const other = records(own).map((record) => ({
      ...record,
      name: record.name.replace('p2pimg', 'printer'),
    }));
    expect(readSightings(without, '192.168.0.21', lan)).toEqual([]);
    expect(readSightings(other, '192.168.0.21', lan)).toEqual([]);
  });

  it('tells of at most sixteen devices', () => {
    const [, srv, txt] = records(own);
    if (srv === undefined || txt === undefined) throw new Error('no records');
    const many = Array.from({ length: 60 }, (_, index) => `x${index}._p2pimg._tcp.local`).flatMap((name) => [
      { ...srv, name },
      { ...txt, name },
    ]);
    expect(readSightings(many, '192.168.0.21', lan)).toHaveLength(16);
  });

  it('never throws, whatever its records hold', () => {
    const good = records(own);
    const anything = fc.record({
      name: fc.constantFrom(fqdn, '_p2pimg._tcp.local', 'p2pimg-1.local', ''),
      type: fc.constantFrom('PTR', 'SRV', 'TXT', 'A', 'AAAA', 'UNKNOWN_7'),
      ttl: fc.option(fc.integer(), { nil: undefined }),
      data: fc.oneof(fc.anything(), fc.array(fc.uint8Array())),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, fc.constantFrom(...good)), { maxLength: 20 }), (all) => {
        readSightings(all, '192.168.0.21', lan);
      }),
      { numRuns: 2_000 },
    );
  });
});
