import { type BlobStream, from } from '../image/blob.js';
import type { ImageDescription } from '../image/image.js';
import { isCompressed } from '../image/manifest.js';
import type { Channel } from '../wire/channel.js';
import { encodeFrames } from '../wire/codec.js';
import type { CompressionChoice } from '../wire/compression-choice.js';
import { encodingOf } from '../wire/frame.js';
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

/** One transfer, as its blobs are sent. */
export interface Sending {
  readonly image: ImageDescription;
  readonly encoding: Encoding;
  readonly choice: CompressionChoice;
}

/** Sends a blob from some byte on: its announcement, its frames, its end. */
export async function sendBlob(
  channel: Channel,
  blob: BlobStream,
  offset: number,
  { image, encoding, choice }: Sending,
): Promise<void> {
  const { digest, size } = blob;
  if (offset > size) throw violation(`an offset of ${offset} in a blob of ${size} bytes`);
  const layer = image.layers.find((one) => one.digest === digest);
  const isAsSmallAsCanBe = layer !== undefined && isCompressed(layer.mediaType);
  const frames = encodeFrames(from(blob.content, offset), isAsSmallAsCanBe ? 'identity' : encoding, choice);
  // Begun before anything can fail: what nobody has begun to read cannot be left, and its engine would wait.
  let next = frames.next();
  next.catch(() => undefined); // it is awaited below
  try {
    await channel.send({ type: 'blob', digest, size, offset });
    for (;;) {
      // The engine may pause, and what is skipped takes its time too.
      const { done, value: frame } = await keepingInTouch(channel, 'waiting for its engine', () => next);
      if (done === true) break;
      const { length } = frame;
      const [type, begun] = [encodingOf(frame), choice.now()];
      await channel.sendFrame(frame);
      choice.sent(type, length, choice.now() - begun);
      next = frames.next();
    }
  } finally {
    await frames.return(undefined);
  }
  await channel.send({ type: 'blobEnd', digest, size });
}
