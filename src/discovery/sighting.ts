import type { PeerId } from '../wire/peer-id.js';
import { type Advert, fromTxt } from './advert.js';
import { dialAddresses } from './dial.js';
import type { LanInterface } from './interfaces.js';

/** The service's type, as it is asked for. */
export const serviceName = '_p2pimg._tcp.local';

/** A resource record as dns-packet decodes it. `data` is the sender's: look before use. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number | undefined;
  readonly data?: unknown;
}

/** What one response says about a device: that it is there, or goodbye. */
export type Sighting =
  | { readonly type: 'seen'; readonly advert: Advert }
  | { readonly type: 'gone'; readonly peerId: PeerId };

const maximumRecords = 128;
const maximumSightings = 16;

/** What a response's records, whoever sent them, say about devices. What is malformed or incomplete is passed over. */
export function readSightings(
  all: readonly DnsRecord[],
  sender: string,
  own: readonly LanInterface[],
): readonly Sighting[] {
  const records = all.slice(0, maximumRecords);
  const sightings: Sighting[] = [];
  for (const record of records) {
    if (record.type !== 'TXT' || !isInstance(record.name)) continue;
    const sighting = isGoodbye(record) ? goodbye(record) : seen(record, records, sender, own);
    if (sighting !== undefined) sightings.push(sighting);
    if (sightings.length === maximumSightings) break;
  }
  return sightings;
}

function seen(
  txt: DnsRecord,
  records: readonly DnsRecord[],
  sender: string,
  own: readonly LanInterface[],
): Sighting | undefined {
  const service = records.find(
    (record) => record.type === 'SRV' && isSame(record.name, txt.name) && !isGoodbye(record),
  );
  const { port, target } = (service?.data ?? {}) as { port?: unknown; target?: unknown };
  if (typeof port !== 'number' || typeof target !== 'string') return undefined;
  const claimed = records
    .filter(({ type, name }) => (type === 'A' || type === 'AAAA') && isSame(name, target))
    .map(({ data }) => data);
  const advert = fromTxt(strings(txt), port, dialAddresses(sender, claimed, own));
  return advert === undefined ? undefined : { type: 'seen', advert };
}

function goodbye(txt: DnsRecord): Sighting | undefined {
  const advert = fromTxt(strings(txt), 1, []);
  return advert === undefined ? undefined : { type: 'gone', peerId: advert.peerId };
}

function strings({ data }: DnsRecord): readonly Uint8Array[] {
  return (Array.isArray(data) ? data : [data]).filter((one): one is Uint8Array => one instanceof Uint8Array);
}

function isGoodbye({ ttl }: DnsRecord): boolean {
  return ttl === undefined || ttl === 0;
}

function isInstance(name: string): boolean {
  return name.toLowerCase().endsWith(`.${serviceName}`);
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
