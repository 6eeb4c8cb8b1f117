import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/agent/session.js';
import { P2pimgError } from '../../src/error.js';
import { digestOf, parseDigest } from '../../src/image/digest.js';
import { ask } from '../../src/transfer/ask.js';
import type { Channel } from '../../src/wire/channel.js';
import { supportedEncodings } from '../../src/wire/codec.js';
import { protocolVersion } from '../../src/wire/message.js';
import { failure } from '../engine/claims/subject.js';
import { blobsIn, testStore } from '../engine/store-folder.js';
import { channelPair } from '../transfer/memory-channel.js';
import { get, TestSources } from '../transfer/peers.js';
import {
  essenceOf,
  fileOf,
  readConversation,
  recorded,
  replay,
  type Said,
  type Topic,
  topics,
} from './conversation.js';
import { actAsSource, hello, image, platform, reference, stockedStore } from './stage.js';

const configDigest = parseDigest(image.config.digest);
const layers = image.layers.map(({ blob }) => parseDigest(blob.digest));
const brokenAfter = 1_000;

/** What a receiver does in each conversation, as the present code does it; gives what came of it. */
async function actAsReceiver(topic: Topic, channel: Channel): Promise<unknown> {
  if (topic === 'catalogue') {
    const session = await Session.open(channel, { ...hello, name: 'bo' });
    const images = await session.catalogue();
    channel.close();
    await session.over;
    return images.map(({ references, size }) => ({ references, size }));
  }
  await channel.send({ ...hello, name: 'bo' });
  const asked = { image: configDigest, platform, configDigest };
  if (topic === 'refusal')
    return failure(ask(channel, { image: digestOf('nobody has it'), platform }, () => undefined));
  if (topic === 'transfer') {
    const { engine, folder } = await testStore();
    const source = { peer: { name: 'ada', id: channel.peerId }, open: async () => channel };
    await get(engine, { sources: new TestSources([source]), image: configDigest, reference, platform });
    const { names, damaged } = await blobsIn(folder);
    return { has: [configDigest, ...layers].every((digest) => names.includes(digest.slice(7))), damaged };
  }
  await ask(channel, asked, () => undefined);
  const [below, above] = layers;
  if (below === undefined || above === undefined) throw new Error('two layers');
  await channel.send({ type: 'want', digests: [above], first: { digest: below, offset: brokenAfter } });
  for (let incoming = await channel.receive(); ; incoming = await channel.receive()) {
    if (incoming?.type === 'message' && incoming.message.type === 'end') break;
    if (incoming === undefined) throw new Error('it ended too soon');
  }
  channel.close();
  return 'all came';
}

const outcomes: Readonly<Record<Topic, unknown>> = {
  catalogue: [{ references: [reference], size: 7 }],
  transfer: { has: true, damaged: [] },
  'going-on': 'all came',
  refusal: 'IMAGE_UNKNOWN',
};

/** Later versions may add fields and messages: what they said then, with both. */
function laterVersion(text: string): string[] {
  const message = JSON.parse(text) as object;
  return ['{"type":"later","why":["not","known"]}', JSON.stringify({ ...message, later: { more: [1] } })];
}

// A conversation of compressed frames can be understood only where there is zstd.
describe.skipIf(!supportedEncodings().includes('zstd'))('a conversation recorded of version 1', () => {
  it('is of the version that this code speaks', () => expect(protocolVersion).toBe(1));

  it.each(topics)('about %s is gone on with by the source of today', async (topic) => {
    const then = readConversation(1, topic);
    const { receiving, giving } = channelPair();
    const now: Said[] = [];
    const acted = actAsSource(topic, recorded(giving, 'source', now), await stockedStore());
    await replay(receiving, then, 'receiver');
    receiving.close();
    await acted.catch(() => undefined);
    const wanted = await essenceOf(then, 'source');
    expect((await essenceOf(now, 'source')).slice(0, wanted.length)).toEqual(wanted);
  });

  it.each(topics)('about %s is understood by the receiver of today', async (topic) => {
    const then = readConversation(1, topic);
    const { receiving, giving } = channelPair();
    const now: Said[] = [];
    const replayed = replay(giving, then, 'source');
    replayed.catch(() => undefined); // the receiver may be satisfied before all is said
    expect(await actAsReceiver(topic, recorded(receiving, 'receiver', now))).toEqual(outcomes[topic]);
    expect(await essenceOf(now, 'receiver')).toEqual(await essenceOf(then, 'receiver'));
  });

  it.each(topics)(
    'about %s is understood with fields and messages that a later version adds',
    async (topic) => {
      const { receiving, giving } = channelPair();
      replay(giving, readConversation(1, topic), 'source', laterVersion).catch(() => undefined);
      expect(await actAsReceiver(topic, receiving)).toEqual(outcomes[topic]);
    },
  );

  it.each(topics)('about %s is gone on with by a source that hears a later version', async (topic) => {
    const then = readConversation(1, topic);
    const { receiving, giving } = channelPair();
    const now: Said[] = [];
    const acted = actAsSource(topic, recorded(giving, 'source', now), await stockedStore());
    await replay(receiving, then, 'receiver', laterVersion);
    receiving.close();
    await acted.catch(() => undefined);
    const wanted = await essenceOf(then, 'source');
    expect((await essenceOf(now, 'source')).slice(0, wanted.length)).toEqual(wanted);
  });
});

describe.runIf(process.env.P2PIMG_RECORD)('the recorder', () => {
  it.each(topics)('writes down what is said about %s', async (topic) => {
    const said: Said[] = [];
    const engine = await stockedStore();
    const { receiving, giving } = channelPair();
    const acted = actAsSource(topic, recorded(giving, 'source', said), engine);
    expect(await actAsReceiver(topic, recorded(receiving, 'receiver', said))).toEqual(outcomes[topic]);
    receiving.destroy(new P2pimgError('PEER_LOST', 'all was said'));
    await acted.catch(() => undefined);
    const lines = said.map((one) => `${JSON.stringify(one)}\n`);
    writeFileSync(fileOf(protocolVersion, topic), lines.join(''));
  });
});
