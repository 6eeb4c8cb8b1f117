import { EventEmitter } from 'node:events';
import { type House, serve } from '../../src/agent/serve.js';
import type { Engine } from '../../src/engine/port.js';
import { digestOf } from '../../src/image/digest.js';
import { parseReference } from '../../src/image/reference.js';
import type { Channel } from '../../src/wire/channel.js';
import { give as fill } from '../engine/claims/subject.js';
import { testStore } from '../engine/store-folder.js';
import { buildImage } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { serveOnce, shelfOf } from '../transfer/peers.js';
import type { Topic } from './conversation.js';

/** The image of the recorded conversations, the same each time; its layers are not compressed, as zlib may change. */
export const image = await buildImage({
  seed: 'recorded',
  platform: { os: 'linux', architecture: 'amd64' },
  layers: [
    {
      entries: [file('text', 'all work and no play makes jack a dull boy '.repeat(4_000))],
      compression: 'none',
    },
    { entries: [file('noise', { random: 3_000 })], compression: 'none' },
  ],
});
export const platform = { os: 'linux', architecture: 'amd64' };
export const reference = parseReference('team/app:2');

/** A store that has the image. */
export async function stockedStore(): Promise<Engine> {
  const { engine } = await testStore();
  await engine.tag(await fill(engine, image), reference);
  return engine;
}

/** What a source does with each conversation. */
export async function actAsSource(topic: Topic, channel: Channel, engine: Engine): Promise<void> {
  if (topic === 'catalogue') return serve(channel, houseOf());
  await channel.receive(); // hello
  await channel.send(hello);
  await serveOnce(channel, shelfOf(engine));
}

export const hello = {
  type: 'hello' as const,
  name: 'ada',
  version: 'recorded',
  engine: { kind: 'store', version: 'recorded', store: 'layout' },
  uploads: { active: 0, limit: 4 },
};

function houseOf(): House {
  const events = new EventEmitter();
  const digest = digestOf('recorded');
  const shared = [
    {
      id: digest,
      configDigest: digest,
      references: [reference],
      platforms: [platform],
      size: 7,
      created: '2024-02-29T12:34:56Z',
    },
  ];
  const catalogue = { events, generation: 1, shared, refresh: async () => undefined };
  const met = () => {
    // Somebody else came by.
    catalogue.generation = 2;
    events.emit('changed');
  };
  return {
    catalogue,
    uploads: { events: new EventEmitter() },
    hello: () => hello,
    mayServeBothWays: () => false,
    met,
  } as unknown as House;
}
