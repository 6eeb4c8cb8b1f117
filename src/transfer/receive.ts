import { asP2pimgError, type P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';
import type { Reference } from '../image/reference.js';
import { Alone } from './alone.js';
import { AnotherForm } from './another-form.js';
import type { Asked } from './ask.js';
import type { Attempt, Receiver, Way } from './attempt.js';
import { isBetterElsewhere } from './blame.js';
import { type Connected, connect, type Search } from './connect.js';
import { InOneStream } from './in-one-stream.js';
import { OneByOne } from './one-by-one.js';
import { planOf, type Received, type Watcher } from './plan.js';
import type { Source, Sources } from './source.js';

/** What a receiver needs of its engine. */
export type Importer = Receiver['engine'];

/** An import may have to begin anew, but not for ever. */
const maximumAttempts = 8;
/** Nor is it got from everybody who cannot prove it. */
const maximumFaults = 64;

/**
 * Gets one image: offer, want, blobs, import, proof, and at last its name. If anything fails, the name stays as it was.
 * The blobs are read one by one where both engines can do that, else in one stream in the source's order. It begins anew
 * where another source has the rest in other blobs; in one stream, where single blobs come to nothing; and, once and with
 * every layer, where a layer that was left out is missing after all. A source that fails its proof is left for the next.
 */
export async function receive(
  engine: Importer,
  sources: Sources,
  asked: Asked,
  reference: Reference | undefined,
  search: Search,
  watcher: Watcher,
): Promise<Received> {
  let connected = await connect(sources, search, asked, watcher);
  watcher.offered(connected);
  const offers: ImageDescription[] = [];
  let receiver: Receiver = { engine, sources, reference, search, watcher, offers };
  const suspects: Source[] = [];
  let way: Way = 'one by one';
  let faults = 0;
  for (let attempts = 1; ; ) {
    const attempt = await begin(receiver, connected, way);
    try {
      return await attempt.run();
    } catch (error) {
      const failure = asP2pimgError(error);
      attempt.giveUp(failure);
      const isLast = search.signal.aborted || attempts === maximumAttempts;
      const next = attempt.next(failure.code);
      if (error instanceof AnotherForm) {
        if (isLast) throw named(error.giveUp(), attempt, search);
        attempts += 1;
        offers.push(connected.image);
        connected = error.connected;
        watcher.resumed(connected.source);
        continue;
      }
      const told = named(failure, attempt, search);
      if (!isLast && next !== undefined) {
        attempts += 1;
        way = next;
        connected = await connect(receiver.sources, search, asked, watcher, told);
        continue;
      }
      const wasLost = failure.code === 'PEER_LOST' && receiver.sources !== sources;
      const isFault = isBetterElsewhere(failure) || wasLost;
      if (search.signal.aborted || !isFault || faults === maximumFaults) throw told;
      faults += 1;
      if (attempt.doubted.length > 0) suspects.push(...attempt.doubted);
      else receiver.sources.failed(attempt.source, told);
      [receiver, connected] = await another(receiver, sources, suspects, asked, told);
      watcher.offered(connected);
      way = 'one by one';
    }
  }
}

/** The next source after one that failed its proof: those who may have lied one by one, and then all that are left. */
async function another(
  receiver: Receiver,
  all: Sources,
  suspects: Source[],
  asked: Asked,
  failure: P2pimgError,
): Promise<[Receiver, Connected]> {
  const { search, watcher } = receiver;
  let last = failure;
  for (let suspect = suspects.shift(); suspect !== undefined; suspect = suspects.shift()) {
    const sources = new Alone(suspect, all);
    try {
      return [{ ...receiver, sources }, await connect(sources, search, asked, watcher, last)];
    } catch (error) {
      if (search.signal.aborted) throw error;
      last = asP2pimgError(error);
    }
  }
  return [{ ...receiver, sources: all }, await connect(all, search, asked, watcher, last)];
}

/** One by one needs a name: an engine keeps nothing of what it pulled without one. */
async function begin(receiver: Receiver, connected: Connected, way: Way): Promise<Attempt> {
  const { engine, reference } = receiver;
  if (way === 'one by one' && reference !== undefined && connected.singly) {
    const puller = await engine.puller(connected.image);
    if (puller !== undefined) return new OneByOne(receiver, connected, puller, reference);
  }
  return new InOneStream(receiver, connected, way);
}

/** Only what `receive` would do before the bytes: the offer and the plan. */
export async function preview(
  engine: Importer,
  sources: Sources,
  asked: Asked,
  search: Search,
  watcher: Watcher,
): Promise<void> {
  const connected = await connect(sources, search, asked, watcher);
  try {
    watcher.offered(connected);
    const { image } = connected;
    const holding = await engine.hold(image, search.signal);
    watcher.planned(image, planOf(image, holding.layers), () => connected.channel.bytesReceived);
    await holding.release();
  } finally {
    connected.channel.close();
  }
}

/** A failure with the names of the image, and of the peer at the moment. */
function named(error: P2pimgError, { source }: Attempt, { name }: Search): P2pimgError {
  return error.with({ peer: source.peer.name, image: name });
}
