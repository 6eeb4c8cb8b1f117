import { fromWire } from '../../../src/agent/listed.js';
import { manifestFor } from '../../../src/archive/written-manifest.js';
import { type Digest, digestOf } from '../../../src/image/digest.js';
import { missingBlobs } from '../../../src/image/image.js';
import { ask, refusal } from '../../../src/transfer/ask.js';
import { planOf } from '../../../src/transfer/plan.js';
import type { Channel } from '../../../src/wire/channel.js';
import { type Message, readMessage, writeMessage } from '../../../src/wire/message.js';
import { parsePeerId } from '../../../src/wire/peer-id.js';
import { everyMessage } from '../corpus.js';
import { attempt, attemptAsync, mustHold, type Target } from '../target.js';

/** A source that says one thing, and no more. */
function saying(message: Message): Channel {
  return {
    peerId: parsePeerId('a'.repeat(64)),
    remote: 'nowhere',
    bytesReceived: 0,
    send: async () => undefined,
    sendFrame: async () => undefined,
    receive: async () => ({ type: 'message', message }),
    close: () => undefined,
    destroy: () => undefined,
  };
}

/** Messages, and what a receiver does with an offer, a catalogue and a refusal. */
export const messages: Target = {
  name: 'messages',
  form: 'json',
  inputs: { test: 4000, share: 9 },
  seeds: () => everyMessage().map((message) => Buffer.from(writeMessage(message))),
  words: [
    '{"type":"',
    '"',
    '\\u0000',
    '\\ud800',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    'null',
    '1e999',
    '-0',
    digestOf(''),
  ],
  read(input) {
    const message = readMessage(input.toString('utf8'));
    if (message === undefined) return;
    const text = writeMessage(message);
    const again = readMessage(text);
    mustHold(again !== undefined && writeMessage(again) === text, 'a message is read as itself');
    switch (message.type) {
      case 'catalogue':
        for (const image of message.images) fromWire(image);
        return;
      case 'refuse':
        refusal(message);
        return;
      case 'offer':
        return judge(message);
    }
  },
};

async function judge(message: Extract<Message, { type: 'offer' }>): Promise<void> {
  const { image } = message;
  const asked = { image: image.configDigest, platform: image.platform, configDigest: image.configDigest };
  await attemptAsync(ask(saying(message), asked, () => undefined));
  planOf(image, new Map());
  const came = new Map(missingBlobs(image, new Map()).map((digest: Digest) => [digest, 1]));
  attempt(() => manifestFor(image, new Map(), came));
}
