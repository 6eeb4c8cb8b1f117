import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromTxt, isSealed, sealed, toTxt } from '../../src/discovery/advert.js';
import { instanceName, plainName } from '../../src/discovery/name.js';
import { advertOf, idOf, key } from './device.js';

interface Codec {
  encode(packet: object): Buffer;
  decode(bytes: Buffer): unknown;
}
const require = createRequire(import.meta.url);
const codec = require(require.resolve('dns-packet', { paths: [require.resolve('multicast-dns')] })) as Codec;

function strings(txt: Readonly<Record<string, string>>): Buffer[] {
  return Object.entries(txt).map(([name, value]) => Buffer.from(`${name}=${value}`));
}

const name = fc.string({ unit: 'binary', maxLength: 100 });

describe('an advert', () => {
  it('comes back from its TXT record as it was, and sealed', () => {
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{4,44}$/), { nil: undefined });
    fc.assert(
      fc.property(
        name,
        tag,
        fc.maxSafeNat(),
        fc.integer({ min: 1, max: 65_535 }),
        (text, teamTag, number, port) => {
          const own = advertOf('ada', 1, { name: text, teamTag, generation: number, port });
          const read = fromTxt(strings(toTxt(own)), port, ['10.0.0.1']);
          expect(read).toEqual({ ...own, addresses: ['10.0.0.1'] });
          expect(read && isSealed(key, read)).toBe(true);
        },
      ),
    );
  });

  it('has strings under 255 bytes', () => {
    const own = advertOf('ada', Number.MAX_SAFE_INTEGER, { name: '🐳'.repeat(100), teamTag: 't'.repeat(44) });
    for (const string of strings(toTxt(own))) expect(string.length).toBeLessThan(255);
  });

  it('fits, with every record of its service, into 1,400 bytes, however long the name', () => {
    const own = advertOf('ada', Number.MAX_SAFE_INTEGER, { name: '🐳'.repeat(100), teamTag: 't'.repeat(44) });
    const fqdn = `${instanceName(own.name, own.peerId)}._p2pimg._tcp.local`;
    const target = `p2pimg-${own.peerId.slice(0, 12)}.local`;
    const answers = [
      { name: '_p2pimg._tcp.local', type: 'PTR', ttl: 28_800, data: fqdn },
      { name: fqdn, type: 'SRV', ttl: 120, flush: true, data: { port: 65_535, target } },
      { name: fqdn, type: 'TXT', ttl: 4_500, flush: true, data: strings(toTxt(own)) },
      { name: '_services._dns-sd._udp.local', type: 'PTR', ttl: 120, data: '_p2pimg._tcp.local' },
      ...[1, 2, 3, 4].map((host) => ({ name: target, type: 'A', ttl: 120, data: `192.168.100.${host}` })),
    ];
    const { length } = codec.encode({ type: 'response', answers });
    console.log(`advert: the largest packet has ${length} bytes`);
    expect(length).toBeLessThan(1_400);
  });

  it('is read whatever keys a later version adds, without regard to their case', () => {
    const own = advertOf('ada');
    const later = strings({ ...toTxt(own), zz: 'new', empty: '' }).map((string, index) =>
      index === 0 ? Buffer.from(string.toString().toUpperCase()) : string,
    );
    expect(fromTxt([...later, Buffer.from('flag')], own.port, [])).toMatchObject({
      peerId: own.peerId,
      protocol: 1,
    });
  });

  it.each([
    ['no version', { v: undefined }],
    ['a version that is no number', { v: '1x' }],
    ['a version out of range', { v: '65536' }],
    ['no peer ID', { id: undefined }],
    ['a short peer ID', { id: 'abc' }],
    ['an upper-case peer ID', { id: 'A'.repeat(64) }],
    ['a generation that is none', { g: '-1' }],
    ['a generation in another notation', { g: '1e3' }],
    ['a generation out of range', { g: '99999999999999999999' }],
    ['more text than fits', { x1: 'x'.repeat(250), x2: 'x'.repeat(250) }],
  ])('is none with %s', (_, changes) => {
    const txt = Object.entries({ ...toTxt(advertOf('ada')), ...changes });
    const kept = txt.filter((entry): entry is [string, string] => entry[1] !== undefined);
    expect(fromTxt(strings(Object.fromEntries(kept)), 1, [])).toBeUndefined();
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('is none with port %d', (port) => {
    expect(fromTxt(strings(toTxt(advertOf('ada'))), port, [])).toBeUndefined();
  });

  it('never throws, whatever the TXT record holds', () => {
    const good = Object.entries(toTxt(advertOf('ada')));
    const string = fc.oneof(
      fc.uint8Array({ maxLength: 255 }),
      fc
        .tuple(fc.constantFrom(...good), fc.string({ unit: 'binary' }))
        .map(([[k], v]) => Buffer.from(`${k}=${v}`)),
      fc.constantFrom(...good).map(([k, v]) => Buffer.from(`${k}=${v}`)),
    );
    fc.assert(
      fc.property(fc.array(string, { maxLength: 40 }), fc.integer(), (all, port) => {
        const read = fromTxt(all, port, []);
        if (read === undefined) return;
        expect(read.peerId).toMatch(/^[0-9a-f]{64}$/);
        expect(Buffer.byteLength(read.name)).toBeLessThanOrEqual(63);
        expect(read.name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(read.filter?.length ?? 0).toBeLessThanOrEqual(600);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the seal', () => {
  it('is broken by a change to any field, and by another key', () => {
    const own = advertOf('ada');
    for (const change of [
      { name: 'eve' },
      { port: 1 },
      { generation: 2 },
      { protocol: 2 },
      { teamTag: 'other' },
      { filter: undefined },
      { peerId: idOf('eve') },
      { seal: undefined },
      { seal: 'A'.repeat(16) },
    ])
      expect(isSealed(key, { ...own, ...change })).toBe(false);
    expect(isSealed(Buffer.alloc(32, 8), own)).toBe(false);
    expect(isSealed(key, sealed(key, own))).toBe(true);
  });
});

describe('a name', () => {
  it('has no escape sequences, control characters or line breaks left', () => {
    expect(plainName('\u001b[31mada\u001b[0m\u001b]0;title\u0007', 'abcdef')).toBe('ada');
    expect(plainName('ada\r\nbob\u202e\u0000\u2028x', 'abcdef')).toBe('adabobx');
    expect(plainName('  ada   lovelace ', 'abcdef')).toBe('ada lovelace');
    expect(plainName('\u001b\u0007', 'abcdef0123')).toBe('abcdef');
  });

  it('is the same after a second cleaning, and at most 63 bytes', () => {
    fc.assert(
      fc.property(name, (text) => {
        const once = plainName(text, 'abcdef');
        expect(plainName(once, 'abcdef')).toBe(once);
        expect(Buffer.byteLength(once)).toBeGreaterThan(0);
        expect(Buffer.byteLength(once)).toBeLessThanOrEqual(63);
      }),
    );
  });

  it('makes an instance that DNS can carry', () => {
    fc.assert(
      fc.property(name, (text) => {
        const instance = instanceName(text, idOf('ada'));
        expect(instance).not.toContain('.');
        expect(Buffer.byteLength(instance)).toBeLessThanOrEqual(39);
        codec.encode({
          type: 'response',
          answers: [{ name: `${instance}.local`, type: 'A', data: '10.0.0.1' }],
        });
      }),
    );
  });
});
