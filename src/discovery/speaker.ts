import { asP2pimgError, P2pimgError } from '../error.js';
import type { SelfAdvert } from './advert.js';
import { AskSchedule } from './asking.js';
import { isOnLink, type LanInterface } from './interfaces.js';
import { isPlausible } from './packet.js';
import { answerSpacingMs, type DnsPacket, type DnsQuestion, Responder } from './responder.js';
import { type DnsRecord, readSightings, type Sighting, serviceName } from './sighting.js';

/** Whom a speaker tells. */
export interface SpeakerListener {
  sighting(sighting: Sighting): void;
  trouble(error: P2pimgError): void;
}

const question: DnsQuestion = { name: serviceName, type: 'PTR' };
const answered = new Set(['PTR', 'SRV', 'TXT', 'A', 'ANY']);
/** All that are asked answer, so each waits a moment by chance (RFC 6762, 6). */
const answerDelayMs = { least: 20, spread: 100 };
const announcedAgainMs = 1_000;
const patienceMs = 1_000;

/**
 * Asks, answers and listens on one IPv4 address. However many questions come, it answers at most once a second,
 * and packets from outside the interface's subnet cost one comparison (RFC 6762, 11). Until it has joined the
 * multicast group on its interface it says nothing, as the system would send that on another one.
 */
export class Speaker {
  /** Resolves when it has joined, or cannot. */
  readonly ready: Promise<void>;
  private readonly self: LanInterface;
  private readonly own: () => readonly LanInterface[];
  private readonly listener: SpeakerListener;
  private readonly responder: Responder;
  private readonly schedule: AskSchedule;
  private readonly pending = new Map<string, DnsQuestion>();
  private readonly told = new Set<string>();
  private state: 'joining' | 'joined' | 'closed' = 'joining';
  private advert: SelfAdvert | undefined;
  private answerTimer: NodeJS.Timeout | undefined;
  private announceTimer: NodeJS.Timeout | undefined;

  /** `own` are all interfaces that are spoken on at present. */
  constructor(self: LanInterface, own: () => readonly LanInterface[], listener: SpeakerListener) {
    this.self = self;
    this.own = own;
    this.listener = listener;
    this.responder = new Responder(self.address, this.heeds, () => this.addresses(), this.trouble);
    const { mdns } = this.responder;
    this.schedule = new AskSchedule(() => mdns.query({ questions: [question] }));
    const settled = new Promise<void>((resolve) => {
      mdns.on('networkInterface', resolve);
      mdns.on('error', () => resolve());
      mdns.on('warning', () => resolve());
    });
    this.ready = withPatience(settled);
    mdns.on('networkInterface', () => this.joined());
    mdns.on('error', (error) => {
      this.trouble(error);
      this.schedule.start(); // a question makes multicast-dns bind again
    });
    mdns.on('warning', this.trouble);
    mdns.on('query', (packet) => this.heardQuery(packet));
    mdns.on('response', (packet, from) => this.heardResponse(packet, from.address));
  }

  /** Asks now, and often for a while; nothing before it has joined, when it asks anyway. */
  ask(): void {
    if (this.state === 'joined') this.schedule.restart();
  }

  /** Publishes, changes what is published, or says goodbye. */
  publish(advert: SelfAdvert | undefined): void {
    this.advert = advert;
    if (this.state !== 'joined') return;
    clearTimeout(this.announceTimer);
    if (this.responder.publish(advert) === 'announced') return;
    // An update is the answer to the question that everybody asks; twice, as packets get lost (RFC 6762, 8.3).
    this.answerSoon(question);
    this.announceTimer = setTimeout(() => this.answerSoon(question), announcedAgainMs);
    this.announceTimer.unref();
  }

  /** Says goodbye and closes. */
  async stop(): Promise<void> {
    this.silence();
    await withPatience(this.responder.goodbye());
    await withPatience(this.responder.close());
  }

  /** Closes without a word: the interface is gone. */
  async abandon(): Promise<void> {
    this.silence();
    await withPatience(this.responder.close());
  }

  private joined(): void {
    if (this.state !== 'joining') return;
    this.state = 'joined';
    this.publish(this.advert);
    this.schedule.restart();
  }

  private silence(): void {
    this.state = 'closed';
    this.schedule.stop();
    clearTimeout(this.answerTimer);
    clearTimeout(this.announceTimer);
  }

  private heardResponse({ answers = [], additionals = [] }: DnsPacket, from: string): void {
    if (this.state !== 'joined') return;
    const records: DnsRecord[] = [...answers, ...additionals];
    for (const sighting of readSightings(records, from, this.own())) this.listener.sighting(sighting);
  }

  private heardQuery({ questions = [], answers: known = [] }: DnsPacket): void {
    if (this.state !== 'joined') return;
    for (const asked of questions) {
      if (asked.type === 'PTR' && asked.name.toLowerCase() === serviceName) this.schedule.heardOther();
      if (!answered.has(asked.type) || !this.responder.answersFor(asked.name)) continue;
      if (this.responder.isKnown(asked, known)) continue;
      // Who asks for our address gets the whole service, which the right addresses go with.
      this.answerSoon(asked.type === 'A' ? question : asked);
    }
  }

  private answerSoon(asked: DnsQuestion): void {
    this.pending.set(`${asked.type} ${asked.name.toLowerCase()}`, asked);
    if (this.answerTimer !== undefined) return;
    const earliest = this.responder.saidAt + answerSpacingMs - performance.now();
    const delayMs = Math.max(0, earliest) + answerDelayMs.least + Math.random() * answerDelayMs.spread;
    this.answerTimer = setTimeout(() => this.answerNow(), delayMs);
    this.answerTimer.unref();
  }

  private answerNow(): void {
    const questions = [...this.pending.values()];
    this.pending.clear();
    this.answerTimer = undefined;
    this.responder.answer(questions);
  }

  private readonly heeds = (packet: Uint8Array, from: string): boolean =>
    isOnLink(this.self, from) && isPlausible(packet);

  private addresses(): readonly string[] {
    return [...new Set([this.self.address, ...this.own().map(({ address }) => address)])];
  }

  /** Bad packets are no trouble: only what the system says about the socket is. */
  private readonly trouble = (error: NodeJS.ErrnoException): void => {
    const cause = `${error.syscall} ${error.code}`;
    if (error.syscall === undefined || this.state === 'closed' || this.told.has(cause)) return;
    this.told.add(cause);
    const facts = { address: this.self.address, interface: this.self.name, port: 5353 };
    this.listener.trouble(
      error.code === 'EADDRINUSE'
        ? new P2pimgError('PORT_TAKEN', 'another program has UDP port 5353 for itself', facts, error)
        : asP2pimgError(error).with(facts),
    );
  };
}

async function withPatience(promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([promise, patience]).finally(() => clearTimeout(timer));
}
