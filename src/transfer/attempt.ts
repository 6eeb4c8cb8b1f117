import type { Engine } from '../engine/port.js';
import type { ErrorCode, P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';
import type { Reference } from '../image/reference.js';
import type { Search } from './connect.js';
import type { Received, Watcher } from './plan.js';
import type { Source, Sources } from './source.js';

/** How the blobs come; in one stream either without the layers that are held, or with every layer. */
export type Way = 'one by one' | 'in one stream' | 'with every layer';

/** What receives: its engine, where it looks, and who watches. */
export interface Receiver {
  readonly engine: Pick<Engine, 'hold' | 'import' | 'tag' | 'puller'>;
  readonly sources: Sources;
  readonly reference: Reference | undefined;
  readonly search: Search;
  readonly watcher: Watcher;
  /** What was offered before by sources that were lost. */
  readonly offers: readonly ImageDescription[];
}

/** One try to receive an image in one way. */
export interface Attempt {
  /** The source at the moment. */
  readonly source: Source;
  /** The sources of a blob that is not proved, where it came from several: one of them lied, and who is not known. */
  readonly doubted: readonly Source[];
  run(): Promise<Received>;
  /** Breaks all connections. */
  giveUp(error: P2pimgError): void;
  /** The way that may do better after a failure. */
  next(code: ErrorCode): Way | undefined;
}
