import { toWire } from '../../src/agent/listed.js';
import { missingBlobs } from '../../src/image/image.js';
import { parseReference } from '../../src/image/reference.js';
import { listen } from '../../src/net/listen.js';
import type { Identity } from '../../src/trust/identity.js';
import type { Team } from '../../src/trust/team.js';
import type { Channel } from '../../src/wire/channel.js';
import { descriptionOf } from '../engine/claims/source.js';
import type { Image } from '../fixtures/image.js';
import { newIdentity } from '../net/lab.js';
import { changedFrame, stepsOf } from '../transfer/scripted.js';

/** A member that lists images under names of its choice, and changes a byte of each that it gives. */
export interface Liar {
  readonly address: string;
  readonly identity: Identity;
  /** How often it was asked for an image. */
  readonly asked: () => number;
  close(): Promise<void>;
}

/** What a liar says that it has: an image, its name, and when it was made. */
export interface Told {
  readonly image: Image;
  readonly name: string;
  readonly created: string;
}

const flipped = (frame: Buffer): Buffer[] => {
  const last = frame.length - 1;
  frame[last] = (frame[last] ?? 0) ^ 1;
  return [frame];
};

/** Lets a liar into a team, on the loopback interface. */
export async function startLiar(name: string, team: Team, told: readonly Told[]): Promise<Liar> {
  const identity = await newIdentity();
  const channels = new Set<Channel>();
  let asked = 0;
  const serve = async (channel: Channel): Promise<void> => {
    channels.add(channel);
    await channel.send({ type: 'hello', name, version: '1', uploads: { active: 0, limit: 4 } });
    let image: Image | undefined;
    for (;;) {
      const incoming = await channel.receive();
      if (incoming === undefined) return;
      const message = incoming.type === 'message' ? incoming.message : undefined;
      if (message?.type === 'list')
        await channel.send({ type: 'catalogue', generation: 1, images: told.map(wireImage) });
      if (message?.type === 'request') {
        asked += 1;
        image = told.find((one) => one.image.config.digest === message.image)?.image;
        if (image === undefined)
          await channel.send({ type: 'refuse', code: 'IMAGE_UNKNOWN', message: 'not here' });
        else await channel.send({ type: 'offer', image: descriptionOf(image), encoding: 'identity' });
      }
      if (message?.type !== 'want' || image === undefined) continue;
      const steps = await stepsOf(image, missingBlobs(descriptionOf(image), new Map()));
      for (const step of changedFrame(0, flipped)(steps))
        await (Buffer.isBuffer(step) ? channel.sendFrame(step) : channel.send(step));
    }
  };
  const listener = await listen({
    identity,
    team: () => team,
    port: 0,
    host: '127.0.0.1',
    onChannel: (channel) => void serve(channel).catch(() => undefined), // its victims leave
  });
  return {
    address: `127.0.0.1:${listener.port}`,
    identity,
    asked: () => asked,
    close: async () => {
      for (const channel of channels) channel.close();
      await listener.close();
    },
  };
}

function wireImage({ image, name, created }: Told) {
  const { id, configDigest, platform, size } = descriptionOf(image);
  return toWire({
    id,
    configDigest,
    references: [parseReference(name)],
    platforms: [platform],
    size,
    created,
  });
}
