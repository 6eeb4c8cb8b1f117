import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Advert } from './advert.js';
import { isOnLink, type LanInterface } from './interfaces.js';
import { type DnsPacket, type DnsQuestion, Responder } from './responder.js';
import { type DnsRecord, readSightings, serviceName } from './sighting.js';

/** An advert as it was heard: this device's own too. */
export interface HeardAdvert {
  /** The address that the packet came from. */
  readonly sender: string;
  readonly advert: Advert;
}

/** What came of speaking and listening on one interface for a while. */
export interface Hearing {
  readonly interface: Pick<LanInterface, 'name' | 'address'>;
  /** Why the group could not be joined, or nothing be sent: the system's own words. */
  readonly failure: { readonly at: 'joining' | 'sending'; readonly code: string } | undefined;
  /** Whether a question of our own came back, as multicast does to its sender. */
  readonly itself: boolean;
  /** Addresses of other machines that said something by multicast DNS, of whatever kind. */
  readonly others: readonly string[];
  readonly adverts: readonly HeardAdvert[];
}

const listenMs = 1_500;
const askEveryMs = 400;

/**
 * Asks who is there on each interface, and listens for one and a half seconds: to the question itself, to the agents'
 * answers, and to any other multicast DNS. Nothing is published, and an agent on this machine is not in the way.
 */
export function hearMulticast(interfaces: readonly LanInterface[], ms = listenMs): Promise<Hearing[]> {
  return Promise.all(interfaces.map((one) => hearOn(one, interfaces, ms)));
}

async function hearOn(self: LanInterface, all: readonly LanInterface[], ms: number): Promise<Hearing> {
  const own = new Set(all.map(({ address }) => address));
  const others = new Set<string>();
  const adverts = new Map<string, HeardAdvert>();
  let itself = false;
  let failure: Hearing['failure'];
  const fail = (at: 'joining' | 'sending', { code, syscall }: NodeJS.ErrnoException): void => {
    if (syscall !== undefined) failure ??= { at, code: code ?? 'unknown' }; // else a packet that nobody can read
  };
  const responder = new Responder(
    self.address,
    () => [],
    (error) => fail('sending', error),
  );
  const { mdns } = responder;
  // nobody answers to this name, and nobody else asks for it
  const mark = `${randomBytes(8).toString('hex')}.${serviceName}`;
  const questions: readonly DnsQuestion[] = [
    { name: serviceName, type: 'PTR' },
    { name: mark, type: 'TXT' },
  ];
  mdns.on('error', (error) => fail('joining', error));
  mdns.on('warning', (error) => fail('joining', error));
  mdns.on('query', ({ questions: asked = [] }: DnsPacket, { address }) => {
    if (asked.some(({ name }) => name === mark)) itself = true;
    else if (isOnLink(self, address) && !own.has(address)) others.add(address);
  });
  mdns.on('response', ({ answers = [], additionals = [] }: DnsPacket, { address }) => {
    if (!isOnLink(self, address)) return;
    if (!own.has(address)) others.add(address);
    const records: DnsRecord[] = [...answers, ...additionals];
    for (const sighting of readSightings(records, address, all))
      if (sighting.type === 'seen')
        adverts.set(`${address} ${sighting.advert.port} ${sighting.advert.peerId}`, {
          sender: address,
          advert: sighting.advert,
        });
  });
  mdns.on('networkInterface', () => mdns.query({ questions }));
  const asking = setInterval(() => mdns.query({ questions }), askEveryMs);
  await delay(ms);
  clearInterval(asking);
  await responder.close();
  const { name, address } = self;
  return {
    interface: { name, address },
    failure,
    itself,
    others: [...others],
    adverts: [...adverts.values()],
  };
}
