import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Channel } from '../../src/wire/channel.js';
import { decodeFrame } from '../../src/wire/codec.js';
import { type Message, readMessage, writeMessage } from '../../src/wire/message.js';

/** One thing that was said, as it stood on the wire: a message's text, or a frame in base64. */
export type Said = { readonly from: 'receiver' | 'source' } & (
  | { readonly text: string }
  | { readonly frame: string }
);

/** What the recorded conversations are about. */
export type Topic = 'catalogue' | 'transfer' | 'going-on' | 'refusal';
export const topics: readonly Topic[] = ['catalogue', 'transfer', 'going-on', 'refusal'];

/** The file of a recorded conversation, one thing said a line, of this version of the protocol. */
export function fileOf(version: number, topic: Topic): string {
  return fileURLToPath(new URL(`../fixtures/conversations/v${version}-${topic}.jsonl`, import.meta.url));
}

export function readConversation(version: number, topic: Topic): Said[] {
  const lines = readFileSync(fileOf(version, topic), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Said);
}

/** The channel, of which everything that is sent is written down. */
export function recorded(channel: Channel, from: Said['from'], said: Said[]): Channel {
  return {
    peerId: channel.peerId,
    remote: channel.remote,
    get bytesReceived() {
      return channel.bytesReceived;
    },
    send: (message) => {
      said.push({ from, text: writeMessage(message) });
      return channel.send(message);
    },
    sendFrame: (frame) => {
      said.push({ from, frame: frame.toString('base64') });
      return channel.sendFrame(frame);
    },
    receive: () => channel.receive(),
    close: () => channel.close(),
    destroy: (error) => channel.destroy(error),
  };
}

/** A message as far as a conversation is bound to it: how a peer encodes, and that it is still at it, may differ. */
export function essence(message: Message): unknown {
  switch (message.type) {
    case 'preparing':
      return undefined;
    case 'request':
      return { ...message, encodings: undefined };
    case 'offer':
      return { ...message, encoding: undefined };
    default:
      return message;
  }
}

/** What one end said, in essence: its messages, and the bytes of each blob in one piece, whatever its frames. */
export async function essenceOf(said: readonly Said[], from: Said['from']): Promise<unknown[]> {
  const all: unknown[] = [];
  let bytes: Buffer[] = [];
  for (const one of said) {
    if (one.from !== from) continue;
    if ('frame' in one) {
      bytes.push(await decodeFrame(Buffer.from(one.frame, 'base64')));
      continue;
    }
    if (bytes.length > 0) all.push(Buffer.concat(bytes).toString('base64'));
    bytes = [];
    const message = readMessage(one.text);
    const kept = message && essence(message);
    if (kept !== undefined) all.push(kept);
  }
  return all;
}

/** Says what one end said then, and waits before each thing for as much as the other had said by then. */
export async function replay(
  channel: Channel,
  said: readonly Said[],
  as: Said['from'],
  changed: (text: string) => readonly string[] = (text) => [text],
): Promise<void> {
  for (const one of said) {
    if (one.from === as) {
      if ('frame' in one) await channel.sendFrame(Buffer.from(one.frame, 'base64'));
      else for (const text of changed(one.text)) await channel.send(JSON.parse(text) as Message);
    } else if ('text' in one && readMessage(one.text)?.type !== 'preparing') await nextMessage(channel);
  }
}

/** The next message that is bound to come; frames and `preparing` are passed over. */
async function nextMessage(channel: Channel): Promise<void> {
  for (;;) {
    const incoming = await channel.receive();
    if (incoming === undefined) throw new Error('it ended before all was said');
    if (incoming.type === 'message' && incoming.message.type !== 'preparing') return;
  }
}
