import { P2pimgError } from '../error.js';
import type { Digest } from '../image/digest.js';
import type { Channel } from '../wire/channel.js';
import { decodeFrames } from '../wire/codec.js';
import { violation } from '../wire/message.js';
import { receiveInTime, refusal } from './ask.js';

/** A blob that was asked for: which, how large, and from which byte on. */
export interface Awaited {
  readonly digest: Digest;
  readonly size: number;
  readonly offset: number;
}

/** Waits for the announcement of the one blob that was asked for, and checks that it is that. */
export async function awaitBlob(
  channel: Channel,
  { digest, size, offset }: Awaited,
  onPreparing: (what: string) => void,
): Promise<void> {
  for (;;) {
    const incoming = await receiveInTime(channel);
    if (incoming.type === 'frame') throw violation('a frame before its blob');
    const { message } = incoming;
    if (message.type === 'hello' || message.type === 'changed') continue; // it was said before it read ours
    if (message.type === 'preparing') onPreparing(message.what);
    else if (message.type === 'refuse') throw refusal(message);
    else if (message.type !== 'blob' || message.digest !== digest || message.offset !== offset)
      throw violation(`a ${message.type} where a blob was due`);
    else if (message.size !== size)
      throw new P2pimgError('SIZE_MISMATCH', `${digest} has ${message.size} bytes, not ${size}`, {
        wanted: size,
        got: message.size,
      });
    else return;
  }
}

/** The bytes of a blob that was announced, to its end; what came before a failure is given first. */
export function chunksOf(channel: Channel, digest: Digest): AsyncGenerator<Buffer> {
  return decodeFrames(framesOf(channel, digest));
}

async function* framesOf(channel: Channel, digest: Digest): AsyncGenerator<Buffer> {
  for (;;) {
    const incoming = await receiveInTime(channel);
    if (incoming.type === 'frame') {
      yield incoming.frame;
      continue;
    }
    const { message } = incoming;
    if (message.type === 'preparing') continue; // it is there, but its engine pauses
    if (message.type === 'refuse') throw refusal(message);
    if (message.type !== 'blobEnd' || message.digest !== digest)
      throw violation(`a ${message.type} within a blob`);
    return;
  }
}
