import { createRequire } from 'node:module';
import fc from 'fast-check';
import { fromTxt, isSealed, type SelfAdvert, toTxt } from '../../../src/discovery/advert.js';
import { mayContain } from '../../../src/discovery/filter.js';
import { isPlausible } from '../../../src/discovery/packet.js';
import type { DnsPacket } from '../../../src/discovery/responder.js';
import { type DnsRecord, readSightings } from '../../../src/discovery/sighting.js';
import { PeerTable } from '../../../src/discovery/table.js';
import { advertOf, idOf, key, sharedImage } from '../../discovery/device.js';
import { mustHold, type Target } from '../target.js';

interface DnsCodec {
  encode(packet: object): Buffer;
  decode(bytes: Buffer): DnsPacket;
}

/** The codec that multicast-dns reads its packets with. */
const dns = createRequire(createRequire(import.meta.url).resolve('multicast-dns'))('dns-packet') as DnsCodec;

const own = advertOf('ada');
const other = advertOf('bo', 7, { filter: undefined });
const sealedTexts = new Set([own, other].map((advert) => JSON.stringify(toTxt(advert))));
const pairsOf = (advert: SelfAdvert) =>
  Object.entries(toTxt(advert)).map(([k, value]) => Buffer.from(`${k}=${value}`));
const lan = [{ name: 'eth0', address: '192.168.0.10', netmask: '255.255.255.0', mark: 'x' }];

/** Strings as they stand in a TXT record: each behind its length. */
function joined(strings: readonly Buffer[]): Buffer {
  return Buffer.concat(
    strings.flatMap((string) => [Buffer.of(string.length & 0xff), string.subarray(0, 255)]),
  );
}

function split(bytes: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0))
    strings.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)));
  return strings;
}

/** TXT records of adverts: bounded, plain, and never taken for sealed when they are not. */
export const txt: Target = {
  name: 'txt',
  form: 'bytes',
  inputs: { test: 5000, share: 10 },
  seeds: () => [
    joined(pairsOf(own)),
    joined(pairsOf(other)),
    joined(['V=1', `id=${idOf('x')}`, 'n=\x1b[31mx', 't=abcd'].map((text) => Buffer.from(text))),
  ],
  grammar: fc
    .array(
      fc.tuple(fc.constantFrom('v', 'id', 'n', 't', 'g', 's', 'f0', 'f1', 'f2', 'ID', 'x'), fc.string()),
      {
        maxLength: 12,
      },
    )
    .map((pairs) => joined(pairs.map(([name, value]) => Buffer.from(`${name}=${value}`)))),
  words: ['v=1', 'id=', 'n=', 't=team-tag-1', 'g=0', 's=', 'f0=', '=', '\x00', '\xff', idOf('ada')],
  read(input) {
    const advert = fromTxt(split(input), own.port, ['192.168.0.20']);
    if (advert === undefined) return;
    mustHold(Buffer.byteLength(advert.name) <= 63, 'a name has at most 63 bytes');
    mustHold((advert.filter?.length ?? 0) <= 600, 'a filter has at most 600 characters');
    mayContain({ ...advert, key }, advert.filter, sharedImage);
    // Who has not the key can only repeat what a member said.
    const isOwn = () => sealedTexts.has(JSON.stringify(toTxt(advert)));
    mustHold(!isSealed(key, advert) || isOwn(), 'nobody but a member seals an advert');
  },
};

const fqdn = 'ada-1234._p2pimg._tcp.local';
const records = (ttl: number): object[] => [
  { name: '_p2pimg._tcp.local', type: 'PTR', ttl, data: fqdn },
  { name: fqdn, type: 'SRV', ttl, data: { port: own.port, target: 'p2pimg-1.local' } },
  { name: fqdn, type: 'TXT', ttl, data: pairsOf(own) },
  { name: 'p2pimg-1.local', type: 'A', ttl, data: '192.168.0.20' },
  { name: 'p2pimg-1.local', type: 'AAAA', ttl, data: 'fd00::1' },
];

/** Whole packets of multicast DNS, up to the table of peers. */
export const packets: Target = {
  name: 'packets',
  form: 'bytes',
  inputs: { test: 5000, share: 6 },
  seeds: () => [
    dns.encode({ type: 'response', answers: records(120) }),
    dns.encode({ type: 'response', answers: records(120).slice(0, 1), additionals: records(120).slice(1) }),
    dns.encode({ type: 'response', answers: records(0) }),
    dns.encode({ type: 'query', questions: [{ name: '_p2pimg._tcp.local', type: 'PTR' }] }),
  ],
  words: [
    '\xc0\x0c',
    '\xc0\x00',
    '\x00\x10',
    '\x00\x21',
    '\x00\x01',
    '\x07_p2pimg\x04_tcp\x05local\x00',
    '\xff\xff',
    '\x3f',
  ],
  read(input) {
    if (!isPlausible(input)) return;
    let packet: DnsPacket;
    try {
      packet = dns.decode(input);
    } catch {
      return; // multicast-dns passes over what its codec refuses
    }
    for (const { name, type } of packet.questions ?? [])
      mustHold(typeof name === 'string' && typeof type === 'string', 'a question has a name and a type');
    const all = [...(packet.answers ?? []), ...(packet.additionals ?? [])] as DnsRecord[];
    const table = new PeerTable({ self: idOf('self'), team: { tag: 'team-tag-1', key } });
    for (const sighting of readSightings(all, '192.168.0.21', lan)) {
      if (sighting.type === 'gone') table.gone(sighting.peerId);
      else {
        mustHold(sighting.advert.addresses.length <= 8, 'at most 8 addresses are dialled');
        table.seen(sighting.advert);
      }
    }
    mustHold(table.peers().length <= 16, 'one packet brings at most 16 peers');
  },
};
