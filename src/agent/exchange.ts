import type { GetEvent, GetRequest, PeerName } from '../control/api.js';
import type { Arrival, ArrivalAnswer, ArrivalsReport, SendEvent, SendRequest } from '../control/sending.js';
import type { WatchEvent, WatchRequest } from '../control/watching.js';
import { parseEndpoint } from '../discovery/peer.js';
import type { Archives } from '../engine/archives/archives.js';
import type { Engine } from '../engine/port.js';
import { type ErrorCode, P2pimgError } from '../error.js';
import type { Importer } from '../transfer/receive.js';
import type { Room } from '../transfer/room.js';
import type { Source } from '../transfer/source.js';
import type { MessageOf } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import type { ArchiveCompression } from './archive-destination.js';
import { type Acceptance, Arrivals } from './arrivals.js';
import type { Catalogue } from './catalogue.js';
import { loaderText } from './engine-text.js';
import { following } from './following.js';
import { Granted } from './granted.js';
import type { Neighbourhood } from './neighbours.js';
import { Sender } from './sender.js';
import type { SetAside } from './set-aside.js';
import { type Delivery, type Destination, type Taken, take, takeHere } from './take.js';
import type { Brought } from './waiting.js';
import { watch } from './watch.js';

/** What images are exchanged with, besides what was asked for by `get`. */
export interface ExchangeOptions {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly neighbourhood: () => Neighbourhood;
  /** The same engine, where it is a folder of archives, and how archives that are sent there are compressed. */
  readonly archives: Archives | undefined;
  readonly archiveCompression: ArchiveCompression;
  readonly rule: () => Acceptance;
  readonly patienceMs: number;
  readonly aside: SetAside;
  /** How much an image may bring now. */
  readonly room: () => Promise<Room>;
  readonly port: () => Promise<number>;
  readonly get: (request: GetRequest, signal: AbortSignal) => AsyncIterable<GetEvent>;
}

/** What goes to colleagues by `send`, what comes from them, and what is watched for. */
export class Exchange {
  readonly granted = new Granted();
  readonly arrivals: Arrivals;
  readonly #options: ExchangeOptions;
  readonly #claimed = new Set<string>();
  readonly #sending = new Set<Promise<void>>();
  readonly #closed = new AbortController();

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.arrivals = new Arrivals({
      rule: options.rule,
      check: (message, peerId) => this.#check(message, peerId),
      take: (brought, emit, signal) => this.#take(brought, emit, signal),
    });
  }

  send(request: SendRequest, signal: AbortSignal): AsyncIterable<SendEvent> {
    const { neighbourhood, ...options } = this.#options;
    const sender = new Sender({ ...options, granted: this.granted, neighbourhood: neighbourhood() });
    return following((emit, left) => {
      const sent = sender.send(request, emit, AbortSignal.any([left, this.#closed.signal]));
      this.#sending.add(sent);
      return sent.finally(() => this.#sending.delete(sent));
    }, signal);
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const { neighbourhood, ...options } = this.#options;
    const until = AbortSignal.any([signal, this.#closed.signal]);
    return watch(request, { ...options, neighbourhood: neighbourhood() }, until);
  }

  report(): Pick<ArrivalsReport, 'accept' | 'arrivals'> {
    return { accept: this.#options.rule().accept, arrivals: this.arrivals.list() };
  }

  answer(answer: ArrivalAnswer): Arrival {
    return this.arrivals.answer(answer);
  }

  /** Takes back what is offered, gives up what is coming, and resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([this.arrivals.close(), Promise.allSettled(this.#sending)]);
  }

  #check({ into }: MessageOf<'bring'>, peerId: PeerId): void {
    const { aside, archives } = this.#options;
    const reason = aside.has(peerId)
      ? 'something that came from this device was not what it said; nothing is taken from it for a while'
      : reasonAgainst(into, archives);
    if (reason !== undefined) throw new P2pimgError('REFUSED', reason, { reason });
  }

  async #take(
    { message, reference, name, channel, peer }: Brought,
    emit: (event: GetEvent) => void,
    signal: AbortSignal,
  ): Promise<Taken> {
    const { engine, catalogue, archives, neighbourhood } = this.#options;
    const { host } = parseEndpoint(channel.remote);
    const source: Source = {
      peer: { name: peer.name, id: channel.peerId },
      open: (until) => neighbourhood().openAt(channel.peerId, { host, port: message.port }, until),
    };
    const { configDigest, platform, size } = message;
    const delivery = { source, name, reference, configDigest, platform, size };
    if (archives !== undefined) return this.#takeInto(archives, delivery, emit, signal);
    const here = await takeHere(delivery, engine, catalogue);
    const text = loaderText(await engine.identify());
    const taken = here ?? (await take(delivery, await this.#destination(engine, text), emit, signal));
    await catalogue.refresh();
    return taken;
  }

  async #destination(engine: Importer, text: string): Promise<Destination> {
    const { patienceMs, aside, room } = this.#options;
    const onLie = (peer: PeerName, code: ErrorCode) => void aside.blame(peer, code);
    return { engine, text, patienceMs, room: await room(), onLie };
  }

  async #takeInto(
    archives: Archives,
    delivery: Delivery,
    emit: (event: GetEvent) => void,
    signal: AbortSignal,
  ): Promise<Taken> {
    const { archiveCompression } = this.#options;
    const { ArchiveDestination } = await import('./archive-destination.js'); // most devices keep no archives
    const engine = new ArchiveDestination(archives, delivery.reference, archiveCompression, this.#claimed);
    const file = engine.here(delivery.configDigest);
    if (file !== undefined) return { already: true, received: 0, wire: 0, reused: 0, file };
    const destination = await this.#destination(engine, 'the folder of archives');
    const { id: _, ...taken } = await take(delivery, destination, emit, signal);
    return { ...taken, ...(engine.file !== undefined && { file: engine.file }) };
  }
}

function reasonAgainst(into: 'archives' | undefined, archives: Archives | undefined): string | undefined {
  if (into === undefined)
    return archives && 'it keeps images as archives only; p2pimg send --store puts one there';
  return archives === undefined ? 'it keeps no folder of archives' : undefined;
}
