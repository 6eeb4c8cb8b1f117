import { type Engine, type Holding, holdsNothing } from '../engine/port.js';
import { asP2pimgError } from '../error.js';
import { type BlobStream, endingWith } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import { type ImageDescription, type ListedImage, missingBlobs } from '../image/image.js';
import { platformMatches } from '../image/platform.js';
import type { Reference } from '../image/reference.js';
import { type FlowWatcher, watched } from './flow.js';
import { doubtful } from './in-one-stream.js';
import { type Plan, planOf } from './plan.js';

/** What is asked of the engine that receives. */
export type Receiver = Pick<Engine, 'list' | 'hold' | 'import' | 'tag'>;

/** Gives the wanted blobs of an image, each once and proved: an engine's export, or an archive. */
export type Give = (image: ImageDescription, wanted: ReadonlySet<Digest>) => AsyncIterable<BlobStream>;

/** The stages of an image's way, as they come. */
export interface CarryWatcher extends FlowWatcher {
  planned(image: ImageDescription, plan: Plan): void;
  /** All blobs went, and the engine is at work. */
  loading(): void;
}

/** What became of an image at the receiving engine. */
export interface Carried {
  readonly id: Digest;
  readonly already: boolean;
  /** Bytes of the layers that were there and did not go. */
  readonly reused: number;
  /** The IDs of the images that had its names before. */
  readonly replaced: readonly Digest[];
}

/**
 * Brings one image into an engine on this machine's own way, without a peer: what is held is left out, what comes is
 * proved, and its names come last. Begins anew, once and with every layer, where one that was left out is missing after
 * all. If anything fails, the names stay as they were.
 */
export async function carry(
  image: ImageDescription,
  references: readonly Reference[],
  give: Give,
  to: Receiver,
  watcher: CarryWatcher,
  signal: AbortSignal,
): Promise<Carried> {
  const there = await bring(image, give, to, watcher, signal);
  const replaced: Digest[] = [];
  for (const reference of references) {
    const before = await to.tag(there.id, reference);
    if (before !== undefined) replaced.push(before);
  }
  return { ...there, replaced };
}

async function bring(
  image: ImageDescription,
  give: Give,
  to: Receiver,
  watcher: CarryWatcher,
  signal: AbortSignal,
): Promise<Omit<Carried, 'replaced'>> {
  for (let trust: 'what is held' | 'nothing' = 'what is held'; ; trust = 'nothing') {
    const holding = trust === 'nothing' ? holdsNothing : await to.hold(image, signal);
    try {
      // after `hold`: some engines know only then which of their images this is
      const present = trust === 'nothing' ? undefined : await findImage(image, to);
      if (present !== undefined) return { id: present.id, already: true, reused: image.size };
      const plan = planOf(image, holding.layers);
      watcher.planned(image, plan);
      const id = await importOnce(image, holding.layers, give, to, watcher, signal);
      return { id, already: false, reused: plan.bytesHere };
    } catch (error) {
      const isDoubtful = holding.layers.size > 0 && doubtful.has(asP2pimgError(error).code);
      if (signal.aborted || !isDoubtful) throw error;
    } finally {
      await holding.release();
    }
  }
}

function importOnce(
  image: ImageDescription,
  held: Holding['layers'],
  give: Give,
  to: Receiver,
  watcher: CarryWatcher,
  signal: AbortSignal,
): Promise<Digest> {
  const blobs = watched(give(image, new Set(missingBlobs(image, held))), watcher);
  return to.import(
    image,
    held,
    endingWith(blobs, () => watcher.loading()),
    signal,
  );
}

async function findImage(image: ImageDescription, to: Receiver): Promise<ListedImage | undefined> {
  return (await to.list()).find(
    ({ id, configDigest, platforms }) =>
      (id === image.id || configDigest === image.configDigest) &&
      platforms.some((platform) => platformMatches(platform, image.platform)),
  );
}
