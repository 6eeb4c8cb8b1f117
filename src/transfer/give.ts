import { asP2pimgError, P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { type ImageDescription, type ListedImage, missingBlobs } from '../image/image.js';
import type { Platform } from '../image/platform.js';
import type { Channel } from '../wire/channel.js';
import { chooseEncoding, encodeFrames } from '../wire/codec.js';
import {
  type Encoding,
  type Message,
  type MessageOf,
  maximumWordLength,
  violation,
} from '../wire/message.js';

/** What a source gives from: its engine, as far as giving goes, and its owner's rules. */
export interface Shelf {
  /** The shared image of that name or digest; `IMAGE_UNKNOWN`, also for what is not shared. */
  find(image: string): Promise<ListedImage>;
  describe(id: Digest, platform: Platform, signal: AbortSignal): Promise<ImageDescription>;
  export(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncIterable<BlobStream>;
  /**
   * Waits for a free upload, and tells meanwhile at which place of how many; the result gives it back. `IMAGE_UNKNOWN`
   * where the image is not shared any more by then.
   */
  admit(signal: AbortSignal, tell: (place: number, waiting: number) => void): Promise<() => void>;
}

/** While the engine is silent, the receiver hears this often that the source is still there. */
const preparingEveryMs = 5_000;

/**
 * Gives one image over a channel that is used for nothing else: offer, want, blobs, end. What goes wrong is told to
 * the receiver as far as that is possible; if the receiver goes away, the engine is stopped at once.
 */
export async function give(channel: Channel, request: MessageOf<'request'>, shelf: Shelf): Promise<void> {
  const over = new AbortController();
  try {
    const wantArrives = nextMessage(channel, over);
    const image = await keepingInTouch(channel, 'asking its engine what the image consists of', () =>
      describe(request, shelf, over.signal),
    );
    const encoding = chooseEncoding(request.encodings);
    await channel.send({ type: 'offer', image, encoding });

    const want = await wantArrives;
    if (want.type !== 'want') throw violation(`a ${want.type} where a want was due`);
    const closes = nextMessage(channel, over);
    const release = await admit(channel, shelf, over.signal);
    try {
      await sendBlobs(channel, image, want, encoding, shelf, over.signal);
    } finally {
      release();
    }
    await channel.send({ type: 'end' });
    await closes.catch(() => undefined);
  } catch (error) {
    await refuse(channel, asP2pimgError(over.signal.aborted ? over.signal.reason : error));
  } finally {
    over.abort();
    channel.close();
  }
}

/** The receiver's next message; when it closes or breaks instead, `over` is aborted. */
function nextMessage(channel: Channel, over: AbortController): Promise<Message> {
  const message = channel.receive().then((incoming) => {
    if (incoming === undefined) throw new P2pimgError('PEER_LOST', 'the receiver went away');
    if (incoming.type === 'frame') throw violation('a frame, being the receiver');
    return incoming.message;
  });
  message.catch((error: unknown) => over.abort(error));
  return message;
}

async function describe(
  request: MessageOf<'request'>,
  shelf: Shelf,
  signal: AbortSignal,
): Promise<ImageDescription> {
  const { id } = await shelf.find(request.image);
  return shelf.describe(id, request.platform, signal);
}

/** Waits for a free upload; the receiver hears its place at once, and whenever it is another. */
function admit(channel: Channel, shelf: Shelf, signal: AbortSignal): Promise<() => void> {
  let what = 'waiting for a free upload';
  return keepingInTouch(
    channel,
    () => what,
    () =>
      shelf.admit(signal, (place, waiting) => {
        what = `waiting for a free upload, ${ordinal(place)} of ${waiting}`;
        tellPreparing(channel, what);
      }),
  );
}

function ordinal(place: number): string {
  const ending = Math.floor(place / 10) % 10 === 1 ? undefined : ['', 'st', 'nd', 'rd'][place % 10];
  return `${place}${ending || 'th'}`;
}

/** Says from time to time what the receiver is being kept waiting for. */
async function keepingInTouch<T>(
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

function tellPreparing(channel: Channel, what: string): void {
  channel.send({ type: 'preparing', what }).catch(() => undefined); // a lost receiver shows in `nextMessage`
}

/** Sends what is wanted; where a blob is to go on first, what the engine emits before it waits for another pass. */
async function sendBlobs(
  channel: Channel,
  image: ImageDescription,
  { digests, first }: MessageOf<'want'>,
  encoding: Encoding,
  shelf: Shelf,
  signal: AbortSignal,
): Promise<void> {
  const offered = new Set(missingBlobs(image, new Map()));
  const left = new Set(
    [...digests, ...(first === undefined ? [] : [first.digest])].filter((digest) => offered.has(digest)),
  );
  let goOn = first !== undefined && left.has(first.digest) ? first : undefined;
  while (left.size > 0) {
    const before = left.size;
    await channel.send({ type: 'preparing', what: 'waiting for its engine' });
    const blobs = shelf.export(image, new Set(left), signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await keepingInTouch(channel, 'waiting for its engine', () => blobs.next());
        if (next.done === true) break;
        const blob = next.value;
        if (goOn !== undefined && blob.digest !== goOn.digest) continue;
        await sendBlob(channel, blob, goOn?.offset ?? 0, encoding);
        goOn = undefined;
        left.delete(blob.digest);
        if (left.size === 0) return;
      }
    } finally {
      await blobs.return?.();
    }
    if (left.size === before)
      throw new P2pimgError('BLOB_MISSING', 'the engine did not give what it offered', { image: image.id });
  }
}

async function sendBlob(
  channel: Channel,
  blob: BlobStream,
  offset: number,
  encoding: Encoding,
): Promise<void> {
  const { digest, size } = blob;
  if (offset > size) throw violation(`an offset of ${offset} in a blob of ${size} bytes`);
  await channel.send({ type: 'blob', digest, size, offset });
  const frames = encodeFrames(without(blob.content, offset), encoding);
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

/** The content without its first bytes. */
async function* without(content: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of content) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield left === 0 ? chunk : chunk.subarray(left);
      left = 0;
    }
  }
}

/** Tells a receiver that is still there why it gets nothing, as far as a message may be long. */
async function refuse(channel: Channel, { code, message }: P2pimgError): Promise<void> {
  if (code === 'PEER_LOST') return;
  const words = message.slice(0, maximumWordLength);
  await channel.send({ type: 'refuse', code, message: words }).catch(() => undefined);
}
