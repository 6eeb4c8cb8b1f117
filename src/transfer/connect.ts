import { asP2pimgError, P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';
import type { Channel } from '../wire/channel.js';
import { type Asked, ask } from './ask.js';
import { announcedSize, checkAllowed, type Room } from './room.js';
import type { Source, Sources } from './source.js';

/** A source that has made its offer. */
export interface Connected {
  readonly source: Source;
  readonly channel: Channel;
  readonly image: ImageDescription;
  /** Whether the blobs can be read one by one. */
  readonly singly: boolean;
}

/** What is looked for: how people call it, and how long to look before giving up when a source is lost. */
export interface Search {
  readonly name: string;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** How much the image may bring. */
  readonly room?: Room | undefined;
}

/** What the receiver is told of as it goes. */
export interface Progress {
  preparing(source: Source, what: string): void;
  received(bytes: number): void;
  lost(source: Source, error: P2pimgError): void;
  resumed(source: Source): void;
}

type Preparing = Pick<Progress, 'preparing'>;

/** Tries the sources that are there, each once, until one makes an offer; throws what the last one failed with, or `last`. */
export async function connect(
  sources: Sources,
  search: Search,
  asked: Asked,
  progress: Preparing,
  last = new P2pimgError('NOBODY_HAS_IT', `nobody has ${search.name}`, { image: search.name }),
): Promise<Connected> {
  for (;;) {
    const source = sources.now();
    if (source === undefined) throw last;
    try {
      return await openAndAsk(source, asked, search, search.signal, progress);
    } catch (error) {
      if (search.signal.aborted) throw asP2pimgError(search.signal.reason);
      last = asP2pimgError(error).with({ peer: source.peer.name, image: search.name });
      sources.failed(source, last);
    }
  }
}

/** Waits for a source of the same image until patience ends, and then throws what went wrong last. */
export async function reconnect(
  sources: Sources,
  search: Search,
  patience: AbortSignal,
  { configDigest, platform }: ImageDescription,
  progress: Preparing,
  lost: P2pimgError,
): Promise<Connected> {
  const signal = AbortSignal.any([search.signal, patience]);
  let last = lost;
  for (;;) {
    let source: Source | undefined;
    try {
      source = await sources.next(signal);
      return await openAndAsk(
        source,
        { image: configDigest, platform, configDigest },
        search,
        signal,
        progress,
      );
    } catch (error) {
      if (search.signal.aborted) throw asP2pimgError(search.signal.reason);
      if (patience.aborted || source === undefined) throw last.code === 'PEER_LOST' ? last : lost;
      last = asP2pimgError(error).with({ peer: source.peer.name, image: search.name });
      sources.failed(source, last);
    }
  }
}

async function openAndAsk(
  source: Source,
  asked: Asked,
  { room }: Search,
  signal: AbortSignal,
  progress: Preparing,
): Promise<Connected> {
  const channel = await source.open(signal);
  const stop = () => channel.destroy(asP2pimgError(signal.reason));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const offer = await ask(channel, asked, (what) => progress.preparing(source, what));
    checkAllowed(announcedSize(offer.image), room);
    return { source, channel, ...offer };
  } catch (error) {
    channel.destroy(asP2pimgError(error));
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
