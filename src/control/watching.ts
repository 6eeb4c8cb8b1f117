import type { ErrorFacts } from '../error.js';
import type { Digest } from '../image/digest.js';
import type { PeerName } from './peer-name.js';

/** What `watch` is asked for. */
export interface WatchRequest {
  /** Globs of familiar references, as in `ls`. */
  readonly patterns: readonly string[];
  readonly platform?: string | undefined;
  /** End after the first image that came. */
  readonly once?: boolean | undefined;
  /** Leave what is on the network at the start, and take only what appears from then on. */
  readonly onlyNew?: boolean | undefined;
}

/** What happens during a `watch`: the events of `--json`, whose fields are never renamed. */
export type WatchEvent =
  /** The first: how many peers there are, and how many images match and are newer than what is here. */
  | {
      readonly type: 'watching';
      readonly patterns: readonly string[];
      readonly peers: number;
      readonly newer: number;
    }
  /** A newer image, or one of a name that is not here, is got now. */
  | {
      readonly type: 'coming';
      readonly image: string;
      readonly id: Digest;
      readonly size: number;
      readonly created?: string | undefined;
      readonly peers: readonly PeerName[];
    }
  /** It is here and proved. */
  | {
      readonly type: 'got';
      readonly image: string;
      readonly configDigest: Digest;
      readonly id: Digest;
      readonly size: number;
      /** Absent where nothing had to come. */
      readonly peer?: PeerName | undefined;
      readonly received: number;
      readonly wire: number;
      readonly reused: number;
      readonly durationMs: number;
      readonly replaced?: Digest | undefined;
    }
  /** It could not be got; it is tried again when another peer has it. */
  | {
      readonly type: 'failed';
      readonly image: string;
      readonly id: Digest;
      readonly code: string;
      readonly message: string;
      readonly facts: ErrorFacts;
    };
