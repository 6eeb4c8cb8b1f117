import type { Digest } from '../image/digest.js';
import type { PlanEvent, ProgressEvent } from './events.js';

/**
 * What happens while images are saved, loaded or copied. These are the events of `--json`; a field is never renamed.
 * Sizes are bytes, times milliseconds unless a name says otherwise.
 */
export type WayEvent =
  /** A file is read to prove it; `total` is absent for a pipe. At most ten a second. */
  | {
      readonly type: 'reading';
      readonly file: string;
      readonly read: number;
      readonly total?: number | undefined;
    }
  /** The file is sound, and holds so many images. */
  | { readonly type: 'sound'; readonly file: string; readonly images: number }
  /** An image is about to go from one to the other. */
  | {
      readonly type: 'found';
      readonly image: string;
      readonly names: readonly string[];
      readonly configDigest: Digest;
      readonly platform: string;
      readonly size: number;
      /** False where `size` is the source engine's estimate. */
      readonly sizeExact: boolean;
      readonly created?: string | undefined;
      readonly from: string;
      readonly to: string;
    }
  | PlanEvent
  | ProgressEvent
  /** No byte came for a moment; this is what is waited for. */
  | { readonly type: 'waiting'; readonly for: string }
  /** Everything has gone; the receiving engine is at work. */
  | { readonly type: 'loading'; readonly engine: string }
  /** The image is there, proved and named. */
  | {
      readonly type: 'done';
      readonly image: string;
      readonly names: readonly string[];
      readonly configDigest: Digest;
      /** What the engine shows as its ID. */
      readonly id: Digest;
      /** True where nothing had to go. */
      readonly already: boolean;
      readonly from: string;
      readonly to: string;
      readonly received: number;
      readonly reused: number;
      readonly durationMs: number;
      /** The IDs of the images that had these names before. */
      readonly replaced: readonly Digest[];
    }
  /** The file is there, whole. The last event of a `save` that went well. */
  | {
      readonly type: 'written';
      readonly file: string;
      /** Bytes of the file. */
      readonly size: number;
      readonly images: readonly { readonly image: string; readonly configDigest: Digest }[];
      readonly durationMs: number;
    };
