import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BackOff, maximumBackOffs } from '../../src/agent/back-off.js';
import { fromTxt } from '../../src/discovery/advert.js';
import { dialAddresses, maximumAddresses } from '../../src/discovery/dial.js';
import { plainName } from '../../src/discovery/name.js';
import { type DnsRecord, readSightings } from '../../src/discovery/sighting.js';
import { maximumPeers, PeerTable } from '../../src/discovery/table.js';
import { advertOf, idOf, key } from '../discovery/device.js';

const lan = [{ name: 'eth0', address: '10.0.0.1', netmask: '255.255.0.0', mark: 'x' }];
const sender = '10.0.0.2';
const table = () => new PeerTable({ self: idOf('self'), team: { tag: 'team-tag-1', key } });
const advert = (name: string) => ({ ...advertOf(name, 1, { filter: undefined }), addresses: [sender] });

describe('a TXT record', () => {
  const record = (bytes: number) => {
    const strings = [`v=1`, `id=${idOf('x')}`].map((text) => Buffer.from(text));
    const left = bytes - strings.reduce((sum, { length }) => sum + length + 1, 0);
    return [...strings, ...Array.from({ length: left / 2 }, () => Buffer.from('x')), Buffer.alloc(left % 2)];
  };

  it('of 1,200 bytes is read, and none of 1,201', () => {
    const exactly = record(1_200).filter(({ length }, at, all) => length > 0 || at < all.length - 1);
    expect(exactly.reduce((sum, { length }) => sum + length + 1, 0)).toBe(1_200);
    expect(fromTxt(exactly, 1, [])).toBeDefined();
    expect(fromTxt([...exactly, Buffer.alloc(0)], 1, [])).toBeUndefined();
  });
});

describe('a packet', () => {
  const txt = ['v=1', `id=${idOf('x')}`].map((text) => Buffer.from(text));
  const device = (name: string): DnsRecord[] => [
    { name, type: 'TXT', ttl: 120, data: txt },
    { name, type: 'SRV', ttl: 120, data: { port: 1, target: 'x.local' } },
  ];
  const other: DnsRecord = { name: 'x.local', type: 'A', ttl: 120, data: '10.0.0.3' };

  it('tells of sixteen devices, and not of one more', () => {
    const devices = (count: number) =>
      Array.from({ length: count }, (_, at) => device(`${at}._p2pimg._tcp.local`)).flat();
    expect(readSightings(devices(16), sender, lan)).toHaveLength(16);
    expect(readSightings(devices(17), sender, lan)).toHaveLength(16);
  });

  it('is read to its 128th record, and not to the next', () => {
    const behind = (count: number) => [
      ...Array.from({ length: count }, () => other),
      ...device('a._p2pimg._tcp.local'),
    ];
    expect(readSightings(behind(126), sender, lan)).toHaveLength(1);
    expect(readSightings(behind(127), sender, lan)).toHaveLength(0);
  });

  it('leads to eight addresses, and to none beyond', () => {
    const claimed = Array.from({ length: 20 }, (_, at) => `10.0.1.${at + 1}`);
    expect(dialAddresses(sender, claimed.slice(0, 7), lan)).toHaveLength(maximumAddresses);
    expect(dialAddresses(sender, claimed.slice(0, 8), lan)).toEqual([sender, ...claimed.slice(0, 7)]);
  });
});

describe('a name', () => {
  it('of 63 bytes is shown, and cut if it has one more', () => {
    expect(plainName('x'.repeat(63), 'abcdef')).toBe('x'.repeat(63));
    expect(plainName('x'.repeat(64), 'abcdef')).toBe('x'.repeat(63));
  });
});

describe('the table of peers', () => {
  it('holds two thousand, and not one more', () => {
    const peers = table();
    for (let at = 0; at < maximumPeers; at += 1) peers.seen(advert(`peer ${at}`));
    expect(peers.peers()).toHaveLength(maximumPeers);
    peers.seen(advert('one more'));
    expect(peers.peers()).toHaveLength(maximumPeers);
    expect(peers.peer(idOf('one more'))).toBeUndefined();
    expect(peers.peer(idOf('peer 0'))).toBeDefined();
  });

  it('takes none of ten thousand forged adverts, and counts no more strangers than it holds', () => {
    const peers = table();
    const real = advert('ada');
    for (let at = 0; at < 5_000; at += 1) {
      const peerId = idOf(`forged ${at}`);
      peers.seen({ ...real, peerId });
      peers.seen({ ...real, peerId, teamTag: 'another-team' });
    }
    expect(peers.peers()).toEqual([]);
    expect(peers.otherTeams()).toBe(maximumPeers);
    peers.seen(real);
    expect(peers.peers()).toHaveLength(1);
  });

  it('tells devices with the same name apart by what they prove', () => {
    const peers = table();
    for (const name of ['ada', 'bo', 'cy']) {
      const peerId = idOf(name);
      peers.seen({ ...advertOf('same', 1, { peerId, filter: undefined }), addresses: [sender] });
    }
    expect(peers.peers().map(({ name }) => name)).toEqual(['same', 'same', 'same']);
    expect(new Set(peers.peers().map(({ peerId }) => peerId)).size).toBe(3);
  });

  it('goes on dialling first where a peer proved itself, wherever later adverts point', () => {
    const peers = table();
    peers.seen(advert('ada'));
    peers.alive(idOf('ada'), { host: sender, port: 39_041 });
    for (let at = 1; at < 50; at += 1) peers.seen({ ...advert('ada'), addresses: [`10.0.2.${at}`] });
    const endpoints = peers.peer(idOf('ada'))?.endpoints ?? [];
    expect(endpoints[0]).toEqual({ host: sender, port: 39_041 });
    expect(endpoints.length).toBeLessThanOrEqual(maximumAddresses + 1);
  });
});

describe('peers that fail', () => {
  it('are dialled again after 1 s, or 10 s where they proved nothing; then twice as long, up to a minute', () => {
    const now = 0;
    const backOff = new BackOff(() => now);
    expect([1, 2, 3].map(() => backOff.failed('gone', 'PEER_LOST'))).toEqual([1_000, 2_000, 4_000]);
    expect([1, 2, 3, 4].map(() => backOff.failed('liar', 'UNPROVED'))).toEqual([
      10_000, 20_000, 40_000, 60_000,
    ]);
    expect([backOff.left('liar'), backOff.left('another')]).toEqual([60_000, 0]);
    backOff.forget('liar');
    expect(backOff.left('liar')).toBe(0);
  });

  it('are remembered, four thousand of them, and for one more the oldest is forgotten', () => {
    const backOff = new BackOff(() => 0);
    const key = (at: number) => createHash('sha256').update(`${at}`).digest('hex');
    for (let at = 0; at < maximumBackOffs; at += 1) backOff.failed(key(at), 'UNPROVED');
    expect([backOff.size, backOff.left(key(0))]).toEqual([maximumBackOffs, 10_000]);
    backOff.failed(key(maximumBackOffs), 'UNPROVED');
    expect([backOff.size, backOff.left(key(0))]).toEqual([maximumBackOffs, 0]);
  });
});
