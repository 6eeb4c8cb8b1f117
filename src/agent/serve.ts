import type { Engine } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { parseSelector, select } from '../image/selector.js';
import { give, type Shelf } from '../transfer/give.js';
import type { Tickets } from '../transfer/tickets.js';
import type { Channel } from '../wire/channel.js';
import { type MessageOf, violation } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import type { Arrivals } from './arrivals.js';
import { CountedChannel } from './counted-channel.js';
import type { Granted } from './granted.js';
import { News, type Told } from './news.js';
import type { Pace } from './pace.js';
import { PacedChannel } from './paced-channel.js';
import { Session } from './session.js';
import { outcomeOf, type Tally } from './tally.js';

/** What the peers are served from. */
export interface House extends Told {
  readonly engine: Engine;
  readonly tickets: Tickets;
  readonly uploadPace: Pace;
  readonly tally: Tally;
  readonly granted: Granted;
  readonly arrivals: Pick<Arrivals, 'welcome'>;
  /** Whether a connection that this peer dialled may serve both ways: of two, the lower ID's does. */
  mayServeBothWays(channel: Channel): boolean;
  /** The peer said who it is. */
  met(channel: Channel, name: string): void;
  /** Its connection serves this device too from now on. */
  visited(session: Session): void;
}

/** Serves one proved peer until it leaves: its questions about the catalogue, and at most one transfer. */
export async function serve(channel: Channel, house: House): Promise<void> {
  const news = new News(channel, house);
  const bothWays = house.mayServeBothWays(channel);
  let name: string | undefined;
  try {
    await channel.send({ ...house.hello(), ...(bothWays && { bothWays }) });
    for (;;) {
      const incoming = await channel.receive();
      if (incoming === undefined) return;
      if (incoming.type === 'frame') throw violation('a frame, being the receiver');
      const { message } = incoming;
      switch (message.type) {
        case 'hello':
          if (name !== undefined) break; // whoever is met is written down, once
          name = message.name;
          house.met(channel, name);
          if (!bothWays || !message.bothWays) break;
          channel.expectLong?.(); // catalogues
          return await serveBothWays(new Session(channel, message, news), house);
        case 'list':
          await news.answer();
          break;
        case 'request':
          news.stop();
          await giveOne(channel, message, house);
          return;
        case 'bring':
          news.stop();
          await house.arrivals.welcome(channel, message, name ?? channel.peerId.slice(0, 6));
          return;
        case 'read':
          news.stop();
          await house.tickets.serve(outgoing(channel, house), message);
          return;
        default:
          throw violation(`a ${message.type}, being the receiver`);
      }
    }
  } catch (error) {
    channel.destroy(asP2pimgError(error));
    if (asP2pimgError(error).code !== 'PEER_LOST') throw error;
  } finally {
    news.stop();
  }
}

async function serveBothWays(session: Session, house: House): Promise<void> {
  house.visited(session);
  const end = await session.over;
  if (end.code !== 'PEER_LOST') throw end;
}

async function giveOne(channel: Channel, request: MessageOf<'request'>, house: House): Promise<void> {
  const began = Date.now();
  const failure = await give(outgoing(channel, house), request, shelfOf(house, channel.peerId));
  house.tally.ended({
    type: 'gave',
    image: request.image,
    peer: channel.peerId,
    outcome: outcomeOf(failure?.code),
    code: failure?.code,
    bytes: undefined, // single blobs go over connections of their own
    ms: Date.now() - began,
  });
}

/** Held back as the owner wants, and counted. */
function outgoing(channel: Channel, { uploadPace, tally }: House): Channel {
  return new CountedChannel(new PacedChannel(channel, { up: uploadPace }), (bytes) => {
    tally.sentBytes += bytes;
  });
}

/** A shelf for one transfer: what was found once must still be shared, or be sent to this peer, when its turn comes. */
function shelfOf({ engine, catalogue, uploads, tickets, granted }: House, peerId: PeerId): Shelf {
  let asked = '';
  const find = (): ListedImage | undefined =>
    granted.find(peerId, asked) ?? select(catalogue.shared, parseSelector(asked))[0];
  const unknown = () => new P2pimgError('IMAGE_UNKNOWN', `${asked} is not shared here`, { image: asked });
  return {
    async find(image) {
      asked = image;
      let found = find();
      if (found === undefined) {
        await catalogue.refresh(); // some engines tell of an untagged build by no event
        found = find();
      }
      if (found === undefined) throw unknown();
      return found;
    },
    describe: (id, platform, signal) => engine.describe(id, platform, signal),
    export: (image, wanted, signal) => engine.export(image, wanted, signal),
    reader: (image) => engine.reader(image),
    tickets,
    async admit(signal, tell) {
      const release = await uploads.admit(signal, tell);
      if (find() !== undefined) return release;
      release();
      throw unknown();
    },
  };
}
