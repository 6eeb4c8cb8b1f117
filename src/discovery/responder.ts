import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import bonjourService from 'bonjour-service';
import { type SelfAdvert, toTxt } from './advert.js';
import { hostName, instanceName } from './name.js';
import { type DnsRecord, serviceName } from './sighting.js';

/** A question as dns-packet decodes it. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: string;
}

/** A packet as dns-packet takes and gives it. */
export interface DnsPacket {
  readonly type?: 'query' | 'response';
  readonly questions?: readonly DnsQuestion[];
  readonly answers?: readonly DnsRecord[];
  readonly additionals?: readonly DnsRecord[];
}

type Sent = (error?: Error | null) => void;

/** What is used of multicast-dns, which bonjour-service keeps private. */
export interface Mdns {
  on(event: 'query' | 'response', listener: (packet: DnsPacket, from: { address: string }) => void): void;
  on(event: 'error' | 'warning', listener: (error: NodeJS.ErrnoException) => void): void;
  on(event: 'ready' | 'networkInterface', listener: () => void): void;
  removeAllListeners(event: 'query'): void;
  query(packet: DnsPacket): void;
  send(packet: DnsPacket, to: unknown, sent?: Sent): void;
}

interface Server {
  readonly mdns: Mdns;
  readonly registry: Record<string, { name: string; ttl?: number; data: unknown }[] | undefined>;
  respondToQuery(query: DnsPacket): void;
}

/** Whether a packet from this address is worth its decoding. */
type Heeds = (packet: Uint8Array, from: string) => boolean;

/** The same is multicast once a second at most (RFC 6762, 6). */
export const answerSpacingMs = 1_000;
const maximumAddressesSaid = 4;
const typesName = '_services._dns-sd._udp.local';

/**
 * The one place that touches bonjour-service: one instance of it on one IPv4 address, made to answer only when told,
 * to say only our addresses, to replace what others remember (the cache-flush bit), and to change a TXT in place.
 */
export class Responder {
  readonly mdns: Mdns;
  private readonly bonjour: InstanceType<typeof bonjourService>;
  private readonly server: Server;
  /** When what is published was last multicast, on the clock of `performance`. */
  saidAt = Number.NEGATIVE_INFINITY;
  private published: { readonly advert: SelfAdvert; readonly service: bonjourService.Service } | undefined;

  /**
   * `heeds` says which packets are read at all. `addresses` are those to be advertised, asked for with every packet;
   * `trouble` is told what could not be sent.
   */
  constructor(
    address: string,
    heeds: Heeds,
    addresses: () => readonly string[],
    trouble: (error: Error) => void,
  ) {
    const options = { interface: address, bind: '0.0.0.0', socket: guardedSocket(heeds) };
    this.bonjour = new bonjourService(options as Partial<bonjourService.ServiceConfig>, trouble);
    this.server = (this.bonjour as unknown as { server: Server }).server;
    this.mdns = this.server.mdns;
    this.mdns.removeAllListeners('query');
    const send = this.mdns.send.bind(this.mdns);
    this.mdns.send = (packet, to, sent) => {
      if (typeof to === 'function') return this.mdns.send(packet, undefined, to as Sent);
      const fit = fitted(packet, addresses());
      if (fit.type === 'response') {
        // bonjour-service announces again by a schedule of its own, perhaps what was an answer just now.
        const isSaid = performance.now() - this.saidAt < answerSpacingMs;
        if (fit.answers?.length === 0 || (isSaid && !isGoodbye(fit))) return sent?.();
        this.saidAt = performance.now();
      }
      return send(fit, to, (error) => {
        if (error) trouble(error);
        sent?.(error);
      });
    };
  }

  /** Whether a name is one that is answered for; false while nothing is published. */
  answersFor(name: string): boolean {
    if (this.published === undefined) return false;
    const { fqdn, host } = this.published.service;
    return [serviceName, typesName, fqdn, host].some((ours) => ours.toLowerCase() === name.toLowerCase());
  }

  /** Whether a question came with our answer to it, at least half as fresh as it would be from us (RFC 6762, 7.1). */
  isKnown({ name, type }: DnsQuestion, known: readonly DnsRecord[]): boolean {
    if (this.published === undefined || type !== 'PTR' || name.toLowerCase() !== serviceName) return false;
    const { fqdn } = this.published.service;
    const ours = known.find(
      (record) => record.type === 'PTR' && String(record.data).toLowerCase() === fqdn.toLowerCase(),
    );
    const ttl = this.server.registry.PTR?.find(({ data }) => data === fqdn)?.ttl ?? 0;
    return ours !== undefined && (ours.ttl ?? 0) >= ttl / 2;
  }

  /** Publishes, or takes back with a goodbye. Tells whether the TXT was changed in place, which announces nothing. */
  publish(advert: SelfAdvert | undefined): 'changed in place' | 'announced' {
    if (advert !== undefined && this.update(advert)) return 'changed in place';
    if (this.published !== undefined) this.bonjour.unpublishAll();
    this.published = undefined;
    this.saidAt = Number.NEGATIVE_INFINITY;
    if (advert === undefined) return 'announced';
    const service = this.bonjour.publish({
      name: instanceName(advert.name, advert.peerId),
      type: 'p2pimg',
      host: hostName(advert.peerId),
      port: advert.port,
      txt: toTxt(advert),
      probe: false,
      disableIPv6: true,
    });
    this.published = { advert, service };
    return 'announced';
  }

  private update(advert: SelfAdvert): boolean {
    if (this.published === undefined) return false;
    const { advert: before, service } = this.published;
    if (before.name !== advert.name || before.peerId !== advert.peerId || before.port !== advert.port)
      return false;
    const txt = toTxt(advert);
    service.txt = txt;
    // The very objects that bonjour-service announces again, and answers with.
    for (const record of this.server.registry.TXT ?? [])
      if (record.name === service.fqdn)
        record.data = Object.entries(txt).map(([key, value]) => Buffer.from(`${key}=${value}`));
    this.published = { advert, service };
    return true;
  }

  /** Answers questions with what is published, to everybody. */
  answer(questions: readonly DnsQuestion[]): void {
    this.server.respondToQuery({ questions });
  }

  /** Says goodbye; resolves when the system took the packet. */
  goodbye(): Promise<void> {
    this.published = undefined;
    return new Promise((resolve) => this.bonjour.unpublishAll(() => resolve()));
  }

  /** Closes the socket. */
  close(): Promise<void> {
    return new Promise((resolve) => this.bonjour.destroy(() => resolve()));
  }
}

/** A socket as multicast-dns makes it, that passes over what nobody should decode. */
function guardedSocket(heeds: Heeds): Socket {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const emit = socket.emit.bind(socket) as (event: string, ...details: unknown[]) => boolean;
  socket.emit = (event: string, ...details: unknown[]) => {
    const [packet, from] = details as [Uint8Array, RemoteInfo];
    return event === 'message' && !heeds(packet, from.address) ? false : emit(event, ...details);
  };
  return socket;
}

/** bonjour-service says every address of the machine, bridges too; with the service go those of the LAN instead. */
function fitted(packet: DnsPacket, addresses: readonly string[]): DnsPacket {
  if (packet.type !== 'response') return packet;
  const answers = (packet.answers ?? []).filter(isNoAddress).map(flushing);
  const additionals = (packet.additionals ?? []).filter(isNoAddress).map(flushing);
  const service = [...answers, ...additionals].find(({ type }) => type === 'SRV');
  const target = (service?.data as { target?: string } | undefined)?.target;
  if (service === undefined || target === undefined) return { ...packet, answers, additionals };
  const hosts = addresses
    .slice(0, maximumAddressesSaid)
    .map((data) => ({ name: target, type: 'A', ttl: service.ttl, data, flush: true }));
  return { ...packet, answers, additionals: [...additionals, ...hosts] };
}

function isGoodbye({ answers = [] }: DnsPacket): boolean {
  return answers.every(({ ttl }) => ttl === 0);
}

function isNoAddress({ type }: DnsRecord): boolean {
  return type !== 'A' && type !== 'AAAA';
}

function flushing(record: DnsRecord): DnsRecord {
  return record.type === 'PTR' ? record : ({ ...record, flush: true } as DnsRecord);
}
