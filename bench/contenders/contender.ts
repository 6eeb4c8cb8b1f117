import type { Workstation } from '../../test/lab/workstation.js';
import type { CaseName, Run } from '../cells.js';
import type { Undo } from '../undo.js';

/** Where a contender works: who has the images, who gets them, and how it is told to stop. */
export interface Ground {
  readonly source: Workstation;
  readonly receiver: Workstation;
  /** A folder for keys and sockets, removed at the end. */
  readonly folder: string;
  readonly undo: Undo;
  readonly signal: AbortSignal;
}

/** One way to bring an image from one machine to another, at work between two of them. */
export interface Contender {
  /** Forgets what it knows of earlier transfers; the receiver has been emptied. */
  forget(): Promise<void>;
  /** Returns when an image that the source has since a moment ago could be asked for. */
  awaitImage(name: string): Promise<void>;
  /** Brings an image of the source to the receiver, as a person would, and tells how long the commands took. */
  bring(name: string): Promise<Omit<Run, 'received'>>;
}

/** A way to bring images, before it is at work. */
export interface Candidate {
  readonly name: string;
  /** What a machine needs for it, as Debian packages. */
  readonly packages: readonly string[];
  /** Where once says enough: the only case that it runs, once, without warm-up, and at the first rate only. */
  readonly only?: CaseName;
  /** Sets it up between two machines; resolves to the reason where it does not run. */
  begin(ground: Ground): Promise<Contender | { readonly absent: string }>;
}
