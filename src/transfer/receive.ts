import { asP2pimgError, P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';
import type { Reference } from '../image/reference.js';
import { AnotherForm } from './another-form.js';
import type { Asked } from './ask.js';
import type { Attempt, Receiver, Way } from './attempt.js';
import { type Connected, connect, type Search } from './connect.js';
import { InOneStream } from './in-one-stream.js';
import { OneByOne } from './one-by-one.js';
import { planOf, type Received, type Watcher } from './plan.js';
import type { Sources } from './source.js';

/** What a receiver needs of its engine. */
export type Importer = Receiver['engine'];

/** An import may have to begin anew, but not for ever. */
const maximumAttempts = 8;

/**
 * Gets one image: offer, want, blobs, import, proof, and at last its name. If anything fails, the name stays as it was.
 * The blobs are read one by one where both engines can do that, else in one stream in the source's order. It begins anew
 * where another source has the rest in other blobs; in one stream, where single blobs come to nothing; and, once and with
 * every layer, where a layer that was left out is missing after all.
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
  const receiver = { engine, sources, reference, search, watcher, offers };
  let way: Way = 'one by one';
  for (let attempts = 1; ; attempts++) {
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
        offers.push(connected.image);
        connected = error.connected;
        watcher.resumed(connected.source);
      } else if (isLast || next === undefined) throw named(error, attempt, search);
      else {
        way = next;
        connected = await connect(sources, search, asked, watcher);
      }
    }
  }
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
function named(error: unknown, { source }: Attempt, { name }: Search): unknown {
  return error instanceof P2pimgError ? error.with({ peer: source.peer.name, image: name }) : error;
}
