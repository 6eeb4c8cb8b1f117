import { EventEmitter } from 'node:events';
import type { GetEvent } from '../control/api.js';
import type { Arrival, ArrivalAnswer } from '../control/sending.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { platformText } from '../image/platform.js';
import { familiar, parseReference, type Reference } from '../image/reference.js';
import type { Channel } from '../wire/channel.js';
import { type Message, type MessageOf, maximumWordLength, violation } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import type { Taken } from './take.js';
import { type Brought, Waiting } from './waiting.js';

/** The owner's rule: whether what colleagues send is taken, and up to how many bytes without asking. */
export interface Acceptance {
  readonly accept: 'ask' | 'team' | 'never';
  readonly acceptSize: number;
}

/** What arrivals are taken with. */
export interface ArrivalsOptions {
  readonly rule: () => Acceptance;
  /** Throws what it cannot take at all, before anybody is asked. */
  readonly check: (message: MessageOf<'bring'>, peerId: PeerId) => void;
  readonly take: (brought: Brought, emit: (event: GetEvent) => void, signal: AbortSignal) => Promise<Taken>;
  /** How long an owner has to answer. */
  readonly askMs?: number | undefined;
}

const usualAskMs = 10 * 60_000;
/** More at once, waiting or coming, are refused. */
const mostOfPeer = 4;
const mostInAll = 16;

/** The images that colleagues send here: those that wait for the owner, and those that are coming. */
export class Arrivals {
  /** `asking`: one waits for the owner. */
  readonly events = new EventEmitter<{ asking: [Arrival] }>();
  readonly #options: ArrivalsOptions;
  readonly #present = new Map<number, Waiting>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #closed = new AbortController();
  #last = 0;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** All that wait or are coming, the oldest first. */
  list(): Arrival[] {
    return [...this.#present.values()].map(({ arrival }) => arrival);
  }

  /** Answers for the owner; `USAGE` where nothing waits by that number or peer, `SELECTOR_AMBIGUOUS` for several. */
  answer({ which, deed }: ArrivalAnswer): Arrival {
    const waiting = [...this.#present.values()].filter(({ arrival }) => arrival.state === 'waiting');
    const named = waiting.filter(
      ({ arrival: { number, peer } }) =>
        [String(number), peer.name].includes(which) || (which.length >= 6 && peer.id.startsWith(which)),
    );
    const [found] = named.filter(({ arrival }) => String(arrival.number) === which);
    const chosen = found ?? named[0];
    if (chosen === undefined)
      throw new P2pimgError('USAGE', `nothing waits here by the name of ${which}`, {
        try: 'p2pimg accept, which lists what waits',
      });
    if (found === undefined && named.length > 1)
      throw new P2pimgError('SELECTOR_AMBIGUOUS', `${named.length} images of ${which} wait`, {
        peer: which,
        candidates: named.map(({ arrival: { number, image } }) => `${number} (${image})`),
        try: 'the number of one',
      });
    chosen.answer(deed);
    return chosen.arrival;
  }

  /** Sees one image from its sender's first word to the outcome; the channel serves nothing else. */
  async welcome(channel: Channel, message: MessageOf<'bring'>, peerName: string): Promise<void> {
    const seen = this.#see(channel, message, peerName).finally(() => this.#underWay.delete(seen));
    this.#underWay.add(seen);
    await seen;
  }

  /** Gives up what is coming, and resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#closed.abort(new P2pimgError('INTERRUPTED', 'its agent was stopped'));
    await Promise.all(this.#underWay);
  }

  async #see(channel: Channel, message: MessageOf<'bring'>, peerName: string): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closed.signal]);
    const tell = (told: Message) => void channel.send(told).catch(() => undefined); // it is gone, and `over` says so
    const gone = untilGone(channel, over);
    try {
      const waiting = this.#enter(channel, message, peerName);
      try {
        await this.#admit(waiting, tell, signal);
        await channel.send({ type: 'taking' });
        const emit = (event: GetEvent) => {
          if (event.type === 'progress') waiting.received(event.received);
          const told = asMessage(event);
          if (told !== undefined) tell(told);
        };
        const taken = await this.#options.take(waiting.brought, emit, signal);
        await channel.send({ type: 'taken', ...taken });
      } finally {
        this.#present.delete(waiting.arrival.number);
      }
    } catch (error) {
      const { code, message: words } = asP2pimgError(signal.aborted ? signal.reason : error);
      const refusal = { type: 'refuse', code, message: words.slice(0, maximumWordLength) } as const;
      await channel.send(refusal).catch(() => undefined);
    } finally {
      channel.close();
    }
    await gone;
  }

  #enter(channel: Channel, message: MessageOf<'bring'>, peerName: string): Waiting {
    const peer = { name: peerName, id: channel.peerId };
    const { accept } = this.#options.rule();
    if (accept === 'never') throw refused('it takes nothing that is sent');
    this.#options.check(message, channel.peerId);
    const present = this.list();
    if (present.filter((one) => one.peer.id === peer.id).length >= mostOfPeer)
      throw refused(`${mostOfPeer} images of this device are on their way to it already`);
    if (present.length >= mostInAll) throw refused(`${mostInAll} images are on their way to it already`);
    const reference = message.reference === undefined ? undefined : named(message.reference);
    const name = reference === undefined ? message.configDigest : familiar(reference);
    this.#last += 1;
    const waiting = new Waiting(
      { message, reference, name, channel, peer },
      {
        number: this.#last,
        state: 'waiting',
        peer,
        image: name,
        configDigest: message.configDigest,
        platform: platformText(message.platform),
        size: message.size,
        created: message.created,
        into: message.into ?? 'engine',
      },
    );
    this.#present.set(this.#last, waiting);
    return waiting;
  }

  async #admit(waiting: Waiting, tell: (message: Message) => void, signal: AbortSignal): Promise<void> {
    const { accept, acceptSize } = this.#options.rule();
    if (accept === 'team' && waiting.arrival.size <= acceptSize) {
      waiting.answer('accept');
      return;
    }
    const expiresInMs = this.#options.askMs ?? usualAskMs;
    const answer = waiting.ask(expiresInMs, signal);
    tell({ type: 'asking', expiresInMs });
    this.events.emit('asking', waiting.arrival);
    switch (await answer) {
      case 'accept':
        return;
      case 'refuse':
        throw refused('its owner does not want it');
      case 'expired':
        throw refused(`nobody answered there within ${Math.round(expiresInMs / 60_000)} min`);
    }
  }
}

/** The sender's next word takes the image back, whatever it is; so does its going away. */
async function untilGone(channel: Channel, over: AbortController): Promise<void> {
  try {
    const incoming = await channel.receive();
    if (incoming === undefined) over.abort(new P2pimgError('PEER_LOST', 'its sender went away'));
    else if (incoming.type === 'message' && incoming.message.type === 'withdraw')
      over.abort(new P2pimgError('INTERRUPTED', 'its sender took it back'));
    else over.abort(violation('something else than a withdraw'));
  } catch (error) {
    over.abort(asP2pimgError(error));
  }
}

function named(text: string): Reference {
  const { domain, path, tag } = parseReference(text);
  if (tag === undefined) throw violation('a reference without a tag');
  return { domain, path, tag };
}

function refused(reason: string): P2pimgError {
  return new P2pimgError('REFUSED', reason, { reason });
}

/** What the sender is told of. */
function asMessage(event: GetEvent): Message | undefined {
  switch (event.type) {
    case 'preparing':
      return { type: 'preparing', what: event.what };
    case 'plan':
    case 'progress':
    case 'loading':
      return event;
    case 'lost':
      return { type: 'lost', received: event.received, givesUpInMs: event.givesUpInMs };
    case 'resumed':
      return { type: 'resumed', received: event.received };
    default:
      return undefined;
  }
}
