import { type BlobStream, from } from '../image/blob.js';
import type { Channel } from '../wire/channel.js';
import { encodeFrames } from '../wire/codec.js';
import { type Encoding, violation } from '../wire/message.js';

/** While the engine is silent, the receiver hears this often that the source is still there. */
const preparingEveryMs = 5_000;

/** Says from time to time what the receiver is being kept waiting for. */
export async function keepingInTouch<T>(
  channel: Channel,
  what: string | (() => string),
  work: () => Promise<T>,
): Promise<T> {
  const timer = setInterval(
    () => tellPreparing(channel, typeof what === 'string' ? what : what()),
    preparingEveryMs,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Says what the receiver is being kept waiting for. */
export function tellPreparing(channel: Channel, what: string): void {
  channel.send({ type: 'preparing', what }).catch(() => undefined); // a lost receiver shows in `nextMessage`
}

/** Sends a blob from some byte on: its announcement, its frames, its end. */
export async function sendBlob(
  channel: Channel,
  blob: BlobStream,
  offset: number,
  encoding: Encoding,
): Promise<void> {
  const { digest, size } = blob;
  if (offset > size) throw violation(`an offset of ${offset} in a blob of ${size} bytes`);
  await channel.send({ type: 'blob', digest, size, offset });
  const frames = encodeFrames(from(blob.content, offset), encoding);
  try {
    for (;;) {
      // The engine may pause, and what is skipped takes its time too.
      const next = await keepingInTouch(channel, 'waiting for its engine', () => frames.next());
      if (next.done === true) break;
      await channel.sendFrame(next.value);
    }
  } finally {
    await frames.return(undefined);
  }
  await channel.send({ type: 'blobEnd', digest, size });
}
