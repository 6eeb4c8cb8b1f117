import type { BlobReader } from '../engine/port.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { type ImageDescription, type ListedImage, missingBlobs } from '../image/image.js';
import type { Platform } from '../image/platform.js';
import type { Channel } from '../wire/channel.js';
import { chooseEncoding } from '../wire/codec.js';
import {
  type Encoding,
  type Message,
  type MessageOf,
  maximumWordLength,
  violation,
} from '../wire/message.js';
import { keepingInTouch, sendBlob, tellPreparing } from './send-blob.js';
import type { Tickets } from './tickets.js';

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
  /** How single blobs of it are read; `undefined` where it can only be exported. */
  reader(image: ImageDescription): Promise<BlobReader | undefined>;
  /** The transfers under way whose blobs are read singly. */
  readonly tickets: Tickets;
  /**
   * Waits for a free upload, and tells meanwhile at which place of how many; the result gives it back. `IMAGE_UNKNOWN`
   * where the image is not shared any more by then.
   */
  admit(signal: AbortSignal, tell: (place: number, waiting: number) => void): Promise<() => void>;
}

/**
 * Gives one image over a channel that is used for nothing else: offer, want, blobs, end. What goes wrong is told to
 * the receiver as far as that is possible; if the receiver goes away, the engine is stopped at once. Resolves to what
 * went wrong, as far as the source can know: whether the image was proved is the receiver's to know.
 */
export async function give(
  channel: Channel,
  request: MessageOf<'request'>,
  shelf: Shelf,
): Promise<P2pimgError | undefined> {
  const over = new AbortController();
  let reader: BlobReader | undefined;
  let endsWith: 'end' | 'close' = 'end';
  try {
    const wantArrives = nextMessage(channel, over);
    const image = await keepingInTouch(channel, 'asking its engine what the image consists of', () =>
      describe(request, shelf, over.signal),
    );
    const encoding = chooseEncoding(request.encodings);
    reader = await shelf.reader(image);
    await channel.send({ type: 'offer', image, encoding, ...(reader && { singly: true }) });

    const want = await wantArrives;
    if (want.type !== 'want') throw violation(`a ${want.type} where a want was due`);
    const closes = nextMessage(channel, over);
    const release = await admit(channel, shelf, over.signal);
    try {
      if (want.singly && reader !== undefined) {
        reader.begin(new Set(want.digests));
        const ticket = shelf.tickets.issue({ peerId: channel.peerId, image, reader, encoding });
        over.signal.addEventListener('abort', () => shelf.tickets.revoke(ticket), { once: true });
        await channel.send({ type: 'ready', ticket });
        endsWith = 'close';
        await closes;
      } else {
        await sendBlobs(channel, image, want, encoding, shelf, over.signal);
        await channel.send({ type: 'end' });
      }
    } finally {
      await reader?.close(); // its place is free when the engine is rid of its temporary name
      release();
    }
    await closes.catch(() => undefined);
    return undefined;
  } catch (error) {
    const failure = asP2pimgError(over.signal.aborted ? over.signal.reason : error);
    if (endsWith === 'close' && failure.facts.closed === 'cleanly') return undefined;
    await refuse(channel, failure);
    return failure;
  } finally {
    over.abort();
    await reader?.close();
    channel.close();
  }
}

/** The receiver's next message; when it closes or breaks instead, `over` is aborted. */
function nextMessage(channel: Channel, over: AbortController): Promise<Message> {
  const message = channel.receive().then((incoming) => {
    if (incoming === undefined)
      throw new P2pimgError('PEER_LOST', 'the receiver went away', { closed: 'cleanly' });
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

/** Tells a receiver that is still there why it gets nothing, as far as a message may be long. */
export async function refuse(channel: Channel, { code, message }: P2pimgError): Promise<void> {
  if (code === 'PEER_LOST') return;
  const words = message.slice(0, maximumWordLength);
  await channel.send({ type: 'refuse', code, message: words }).catch(() => undefined);
}
