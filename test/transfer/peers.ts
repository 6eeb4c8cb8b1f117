import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine } from '../../src/engine/port.js';
import { P2pimgError } from '../../src/error.js';
import { localPlatform } from '../../src/image/platform.js';
import { canonical } from '../../src/image/reference.js';
import type { Asked } from '../../src/transfer/ask.js';
import type { Search } from '../../src/transfer/connect.js';
import { give, type Shelf } from '../../src/transfer/give.js';
import type { Received, Watcher } from '../../src/transfer/plan.js';
import { receive } from '../../src/transfer/receive.js';
import type { Source, Sources } from '../../src/transfer/source.js';
import { Tickets } from '../../src/transfer/tickets.js';
import type { Channel } from '../../src/wire/channel.js';
import { channelPair, type MemoryChannel, peerIdOf } from './memory-channel.js';

/** What an engine has, all of it shared, with as many uploads as anybody likes. */
export function shelfOf(engine: Engine): Shelf {
  return {
    async find(image) {
      const found = (await engine.list()).find(
        ({ id, configDigest, references }) =>
          id === image ||
          configDigest === image ||
          references.some((reference) => canonical(reference) === image),
      );
      if (found === undefined) throw new P2pimgError('IMAGE_UNKNOWN', `${image} is not shared here`);
      return found;
    },
    describe: (id, platform, signal) => engine.describe(id, platform, signal),
    export: (image, wanted, signal) => engine.export(image, wanted, signal),
    reader: (image) => engine.reader(image),
    tickets: new Tickets(),
    admit: async () => () => undefined,
  };
}

/** What an engine says that takes images in one stream only. */
export const notOneByOne = async (): Promise<undefined> => undefined;

/** Serves one transfer, or the reading of single blobs, as an agent does, from the shelf. */
export async function serveOnce(channel: Channel, shelf: Shelf): Promise<void> {
  const incoming = await channel.receive();
  const message = incoming?.type === 'message' ? incoming.message : undefined;
  if (message?.type === 'request') await give(channel, message, shelf);
  else if (message?.type === 'read') await shelf.tickets.serve(channel, message);
  else throw new Error('no request');
}

/** A peer of a test: whatever is done at its end of a channel, and the channels opened to it. */
export class TestPeer implements Source {
  readonly peer: Source['peer'];
  readonly opened: MemoryChannel[] = [];
  /** Settles when all that was begun at its end is over. */
  served: Promise<unknown> = Promise.resolve();
  readonly #behave: (channel: MemoryChannel, time: number) => Promise<unknown>;

  constructor(name: string, behave: (channel: MemoryChannel, time: number) => Promise<unknown>) {
    this.peer = { name, id: peerIdOf(name === 'ada' ? 'a' : 'b') };
    this.#behave = behave;
  }

  async open(): Promise<Channel> {
    const { receiving, giving } = channelPair(this.peer.id);
    const time = this.opened.push(giving);
    this.served = Promise.allSettled([this.served, this.#behave(giving, time)]);
    return receiving;
  }
}

/** An honest peer whose connection breaks as told: at the first opening after so many things sent, and so on. */
export function honest(name: string, engine: Engine, ...breaksAfter: readonly number[]): TestPeer {
  return new TestPeer(name, (channel, time) => {
    channel.beforeSend = (count) => {
      if (count === breaksAfter[time - 1]) channel.destroy(new P2pimgError('PEER_LOST', 'the cable was cut'));
    };
    return serveOnce(channel, shelfOf(engine));
  });
}

/** Sources in the order of preference. One that is lost is tried again where `comesBack` says so. */
export class TestSources implements Sources {
  readonly failures: (readonly [name: string, code: string])[] = [];
  readonly #comesBack: boolean;
  #left: readonly Source[];

  constructor(sources: readonly Source[], comesBack = false) {
    this.#left = sources;
    this.#comesBack = comesBack;
  }

  now(): Source | undefined {
    return this.#left[0];
  }

  async next(signal: AbortSignal): Promise<Source> {
    await nextTurn(); // as a network would: timers and other peers have their turn
    signal.throwIfAborted();
    const source = this.now();
    if (source !== undefined) return source;
    await once(signal, 'abort');
    throw signal.reason;
  }

  failed(source: Source, { code }: P2pimgError): void {
    this.failures.push([source.peer.name, code]);
    const others = this.#left.filter((one) => one !== source);
    this.#left = code === 'PEER_LOST' && this.#comesBack ? [...others, source] : others;
  }
}

/** Writes down what a receiver is told of. */
export class Log implements Watcher {
  readonly events: string[] = [];
  bytes = 0;
  plan: Parameters<Watcher['planned']>[1] | undefined;

  offered = ({ source }: { source: Source }) => this.#add(`offered by ${source.peer.name}`);
  preparing = () => undefined;
  planned: Watcher['planned'] = (_image, plan) => {
    this.plan = plan;
    this.#add('planned');
  };
  received = (bytes: number) => {
    this.bytes += bytes;
  };
  lost = (source: Source) => this.#add(`lost ${source.peer.name}`);
  resumed = (source: Source) => this.#add(`resumed by ${source.peer.name}`);
  loading = () => this.#add('loading');

  #add(event: string): void {
    this.events.push(event);
  }
}

/** What a receiver of a test is given; all else is as usual. */
export interface Getting extends Partial<Search> {
  readonly sources: Sources;
  readonly image: string;
  readonly configDigest?: Asked['configDigest'];
  readonly reference?: Parameters<typeof receive>[3];
  readonly watcher?: Watcher;
}

/** Gets an image into an engine, as an agent does. */
export function get(engine: Parameters<typeof receive>[0], getting: Getting): Promise<Received> {
  const { sources, image, configDigest, reference, watcher = new Log() } = getting;
  const { name = 'app:1', patienceMs = 10_000, signal = new AbortController().signal, room } = getting;
  const asked = { image, platform: localPlatform(), configDigest };
  return receive(engine, sources, asked, reference, { name, patienceMs, signal, room }, watcher);
}
