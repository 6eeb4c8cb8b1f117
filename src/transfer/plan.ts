import type { Digest } from '../image/digest.js';
import type { HeldLayer, ImageDescription } from '../image/image.js';
import type { Connected, Progress } from './connect.js';
import { announcedSize } from './room.js';
import type { Source } from './source.js';

/** What is here already and what must come, in bytes; `exact` is false where the source's engine only estimates. */
export interface Plan {
  readonly layersHere: number;
  readonly bytesHere: number;
  readonly bytesToGo: number;
  readonly exact: boolean;
}

/** The stages of a transfer, as they come. */
export interface Watcher extends Progress {
  offered(connected: Connected): void;
  /** `wire` tells at any time how many bytes crossed the network. */
  planned(image: ImageDescription, plan: Plan, wire: () => number): void;
  /** All blobs arrived, and the engine is at work. */
  loading(): void;
}

/** What a transfer came to. */
export interface Received {
  readonly image: ImageDescription;
  /** The receiver's engine's ID of it. */
  readonly id: Digest;
  readonly source: Source;
  readonly wire: number;
  readonly reused: number;
  readonly replaced: Digest | undefined;
}

/** Where layers' sizes are unknown, the image's size is taken to be spread evenly over them. */
export function planOf(image: ImageDescription, held: ReadonlyMap<Digest, HeldLayer>): Plan {
  const { layers } = image;
  const size = announcedSize(image);
  const exact = layers.every((layer) => layer.size !== undefined);
  const here = layers.filter(({ diffId }) => held.has(diffId));
  const bytesHere = exact
    ? here.reduce((sum, layer) => sum + (layer.size ?? 0), 0)
    : Math.round((size * here.length) / Math.max(1, layers.length));
  return { layersHere: here.length, bytesHere, bytesToGo: size - bytesHere, exact };
}
