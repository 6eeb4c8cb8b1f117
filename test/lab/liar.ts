/**
 * A peer that is in the team and lies. Reads the invite from standard input, listens and advertises itself as any agent
 * does, prints `ready`, and shares one image for each lie, under which it tells that lie to everybody who gets it.
 * Arguments: its name, the folder of its identity.
 */
import { text } from 'node:stream/consumers';
import { Catalogue } from '../../src/agent/catalogue.js';
import { Granted } from '../../src/agent/granted.js';
import { Pace } from '../../src/agent/pace.js';
import { serve } from '../../src/agent/serve.js';
import { Tally } from '../../src/agent/tally.js';
import { Uploads } from '../../src/agent/uploads.js';
import { sealed } from '../../src/discovery/advert.js';
import { buildFilter } from '../../src/discovery/filter.js';
import { MulticastDiscovery } from '../../src/discovery/multicast.js';
import type { Engine } from '../../src/engine/port.js';
import { P2pimgError } from '../../src/error.js';
import type { Digest } from '../../src/image/digest.js';
import { canonical } from '../../src/image/reference.js';
import { listen } from '../../src/net/listen.js';
import { Tickets } from '../../src/transfer/tickets.js';
import { loadIdentity } from '../../src/trust/identity.js';
import { readInvite } from '../../src/trust/invite.js';
import type { Channel } from '../../src/wire/channel.js';
import { type Message, type MessageOf, protocolVersion } from '../../src/wire/message.js';
import { type Lie, lieNames, lies, nameOf, type Outgoing, type Subject, subjectOf } from './lies.js';
import { describe, listed } from './truth.js';

interface Told {
  readonly lie: Lie;
  readonly subject: Subject;
  readonly name: string;
}

const platform = { os: 'linux', architecture: 'amd64' };

/** An engine of the images that are lied about; it is asked for nothing but what giving needs. */
function lyingEngine(all: readonly Told[]): Engine {
  const toldOf = (id: Digest): Told => {
    const told = all.find(({ subject }) =>
      [subject.image, subject.other].some(({ manifest }) => manifest.digest === id),
    );
    if (told === undefined) throw new P2pimgError('IMAGE_UNKNOWN', 'a liar has no such image');
    return told;
  };
  const never = (): never => {
    throw new Error('a liar gets nothing');
  };
  return {
    identify: async () => ({ kind: 'store', version: '0', store: 'layout', address: 'none', platform }),
    list: async () =>
      all.map(({ lie, subject, name }) => {
        const truth = listed(subject.image, name);
        return lie.lists?.(truth, subject) ?? truth;
      }),
    describe: async (id) => {
      const { lie, subject } = toldOf(id);
      const truth = describe(subject.image);
      return lie.offers?.(truth, subject) ?? truth;
    },
    async *export(image, wanted) {
      const { subject } = toldOf(image.id);
      const { layers } = subject.image;
      for (const blob of [...layers.map((layer) => layer.blob), subject.image.config, subject.other.config])
        if (wanted.has(blob.digest as Digest))
          yield { digest: blob.digest as Digest, size: blob.size, offset: 0, content: blob.open() };
    },
    lane: async () => ({ name: 'save', why: 'a lie' }),
    reader: async () => undefined,
    puller: async () => undefined,
    hold: never,
    import: never,
    tag: never,
    events: never,
    close: async () => undefined,
  };
}

/** A channel that says what a lie makes of the truth. Frames are asked for as the bytes are, so that they can be changed. */
function lyingChannel(channel: Channel, all: readonly Told[]): Channel {
  let told: Told | undefined;
  let blob = '';
  const put = async (out: Outgoing): Promise<void> => {
    const says = told?.lie.says;
    for (const said of told === undefined || says === undefined ? [out] : says(out, told.subject))
      await (said.type === 'message' ? channel.send(said.message) : channel.sendFrame(said.frame));
  };
  return {
    peerId: channel.peerId,
    remote: channel.remote,
    get bytesReceived() {
      return channel.bytesReceived;
    },
    send: (message: Message) => {
      if (message.type === 'blob') blob = message.digest;
      return put({ type: 'message', message });
    },
    sendFrame: (frame: Buffer) => put({ type: 'frame', blob, frame }),
    receive: async () => {
      const incoming = await channel.receive();
      if (incoming?.type !== 'message' || incoming.message.type !== 'request') return incoming;
      const { image } = incoming.message;
      told = all.find(
        ({ subject }) => subject.image.config.digest === image || subject.image.manifest.digest === image,
      );
      return { type: 'message', message: { ...incoming.message, encodings: [] } };
    },
    close: () => channel.close(),
    destroy: (error) => channel.destroy(error),
  };
}

const [name = 'liar', folder = ''] = process.argv.slice(2);
const team = readInvite(await text(process.stdin));
const identity = await loadIdentity(folder);
const all: Told[] = [];
for (const lie of lieNames) all.push({ lie: lies[lie], subject: await subjectOf(lie), name: nameOf(lie) });

const engine = lyingEngine(all);
const catalogue = new Catalogue(engine);
await catalogue.refresh();
if (catalogue.images.length !== all.length) throw new Error('a liar that cannot list its own images');
const uploads = new Uploads(4);
const hello = (): MessageOf<'hello'> => ({
  type: 'hello',
  name,
  version: '0',
  uploads: { active: 0, limit: 4 },
});

const { port } = await listen({
  identity,
  team: () => team,
  port: 0,
  onChannel: (channel) => {
    const house = {
      engine,
      catalogue,
      uploads,
      uploadPace: new Pace(undefined),
      tally: new Tally(),
      tickets: new Tickets(),
      granted: new Granted(),
      arrivals: { welcome: () => Promise.reject(new Error('nothing is sent here')) },
      hello,
      met: () => undefined,
    };
    serve(lyingChannel(channel, all), house).catch((error: unknown) => console.error(String(error)));
  },
});
const { peerId } = identity;
const { generation, images } = catalogue;
const items = images.flatMap((image) => [
  image.id,
  ...(image.configDigest ? [image.configDigest] : []),
  ...image.references.map(canonical),
]);
const filter = buildFilter({ key: team.filterKey, peerId, generation }, items);
const plain = {
  peerId,
  name,
  protocol: protocolVersion,
  generation,
  port,
  teamTag: team.tag,
  filter,
  seal: undefined,
};
const discovery = new MulticastDiscovery({ self: peerId });
discovery.advertise(sealed(team.filterKey, plain));
await discovery.start();
console.log('ready');
