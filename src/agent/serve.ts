import type { Engine } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { parseSelector, select } from '../image/selector.js';
import { give, type Shelf } from '../transfer/give.js';
import type { Tickets } from '../transfer/tickets.js';
import type { Channel } from '../wire/channel.js';
import { type Message, type MessageOf, violation } from '../wire/message.js';
import type { PeerId } from '../wire/peer-id.js';
import type { Arrivals } from './arrivals.js';
import type { Catalogue } from './catalogue.js';
import { CountedChannel } from './counted-channel.js';
import type { Granted } from './granted.js';
import { toWire } from './listed.js';
import type { Pace } from './pace.js';
import { PacedChannel } from './paced-channel.js';
import { outcomeOf, type Tally } from './tally.js';
import type { Uploads } from './uploads.js';

/** What the peers are served from. */
export interface House {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly uploads: Uploads;
  readonly tickets: Tickets;
  readonly uploadPace: Pace;
  readonly tally: Tally;
  readonly granted: Granted;
  readonly arrivals: Pick<Arrivals, 'welcome'>;
  hello(): MessageOf<'hello'>;
  /** The peer said who it is. */
  met(channel: Channel, name: string): void;
}

/** Serves one proved peer until it leaves: its questions about the catalogue, and at most one transfer. */
export async function serve(channel: Channel, house: House): Promise<void> {
  const tell = (message: Message) => void channel.send(message).catch(() => undefined); // it is gone, and `receive` says so
  const tellChange = () => tell({ type: 'changed', generation: house.catalogue.generation });
  const tellLoad = () => tell(house.hello());
  const beQuiet = () => {
    house.catalogue.events.off('changed', tellChange);
    house.catalogue.events.off('engine', tellLoad);
    house.uploads.events.off('changed', tellLoad);
  };
  house.catalogue.events.on('changed', tellChange);
  house.catalogue.events.on('engine', tellLoad);
  house.uploads.events.on('changed', tellLoad);
  let name = channel.peerId.slice(0, 6);
  try {
    await channel.send(house.hello());
    for (;;) {
      const incoming = await channel.receive();
      if (incoming === undefined) return;
      if (incoming.type === 'frame') throw violation('a frame, being the receiver');
      const { message } = incoming;
      switch (message.type) {
        case 'hello':
          name = message.name;
          house.met(channel, name);
          break;
        case 'list':
          // Whoever asks has no catalogue, or missed something in it: an event may still be on its way.
          await house.catalogue.refresh();
          await channel.send(catalogueMessage(house.catalogue));
          break;
        case 'request':
          beQuiet();
          await giveOne(channel, message, house);
          return;
        case 'bring':
          beQuiet();
          await house.arrivals.welcome(channel, message, name);
          return;
        case 'read':
          beQuiet();
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
    beQuiet();
  }
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

function catalogueMessage({ generation, shared }: Catalogue): MessageOf<'catalogue'> {
  return { type: 'catalogue', generation, images: shared.map(toWire) };
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
