import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type SelfAdvert, toTxt } from '../../src/discovery/advert.js';
import type { Discovery, DiscoveryEvents } from '../../src/discovery/discovery.js';
import { hostName, instanceName } from '../../src/discovery/name.js';
import { Responder } from '../../src/discovery/responder.js';
import { readSightings, serviceName } from '../../src/discovery/sighting.js';

const address = '127.0.0.1';
const ttl = { PTR: 28_800, SRV: 120, TXT: 4_500 };

/**
 * The multicast side of many peers over one socket: with a socket each, all of them would read what all others say,
 * and one machine would do the work of hundreds. What is said, and when, is as a real agent does it.
 */
export class Voice {
  readonly #responder = new Responder(
    address,
    () => true,
    () => [address],
    (error) => console.error(error.message),
  );
  readonly #peers: SharedDiscovery[] = [];

  constructor(only: string) {
    const { mdns } = this.#responder;
    mdns.on('query', ({ questions = [] }) => {
      if (questions.some(({ name, type }) => name.toLowerCase() === serviceName && type === 'PTR'))
        for (const peer of this.#peers) peer.answer();
    });
    mdns.on('response', ({ answers = [], additionals = [] }, { address: from }) => {
      for (const sighting of readSightings([...answers, ...additionals], from, []))
        if (sighting.type === 'seen' && sighting.advert.name === only)
          for (const { events } of this.#peers) events.emit('seen', sighting.advert);
    });
  }

  /** One more peer. */
  discovery(): Discovery {
    const peer = new SharedDiscovery(this.#responder);
    this.#peers.push(peer);
    return peer;
  }

  /** Asks who is there. */
  ask(): void {
    this.#responder.mdns.query({ questions: [{ name: serviceName, type: 'PTR' }] });
  }
}

class SharedDiscovery implements Discovery {
  readonly events = new EventEmitter<DiscoveryEvents>();
  readonly #responder: Responder;
  #advert: SelfAdvert | undefined;
  #said = Number.NEGATIVE_INFINITY;
  #due: Promise<void> | undefined;

  constructor(responder: Responder) {
    this.#responder = responder;
  }

  async start(): Promise<void> {}

  refresh(): void {}

  async stop(): Promise<void> {}

  advertise(self: SelfAdvert | undefined): void {
    this.#advert = self;
    this.answer();
  }

  /** Once a second at most, and 20 to 120 ms after the question (RFC 6762, 6). */
  answer(): void {
    this.#due ??= this.#say().finally(() => {
      this.#due = undefined;
    });
  }

  async #say(): Promise<void> {
    await delay(Math.max(0, this.#said + 1_000 - performance.now()) + 20 + 100 * Math.random());
    this.#said = performance.now();
    const advert = this.#advert;
    if (advert === undefined) return;
    const fqdn = `${instanceName(advert.name, advert.peerId)}.${serviceName}`;
    const target = hostName(advert.peerId);
    const txt = Object.entries(toTxt(advert)).map(([key, value]) => Buffer.from(`${key}=${value}`));
    const records = [
      { name: fqdn, type: 'SRV', ttl: ttl.SRV, data: { port: advert.port, target, priority: 0, weight: 0 } },
      { name: fqdn, type: 'TXT', ttl: ttl.TXT, data: txt },
    ];
    const answers = [{ name: serviceName, type: 'PTR', ttl: ttl.PTR, data: fqdn }];
    this.#responder.saidAt = Number.NEGATIVE_INFINITY; // that of another peer's answer
    this.#responder.mdns.send({ type: 'response', answers, additionals: records }, undefined);
  }
}
