import type { WayEvent } from '../control/ways.js';
import type { ImageDescription } from '../image/image.js';
import { platformText } from '../image/platform.js';
import { familiar, type Reference } from '../image/reference.js';
import type { CarryWatcher } from '../transfer/carry.js';
import type { Plan } from '../transfer/plan.js';

/** Takes the events of a way. */
export type Emit = (event: WayEvent) => void;

/** The two ends of a way as people know them. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

const progressEveryMs = 100;

/** Tells what happens on an image's way as its events. */
export class WayTelling implements CarryWatcher {
  readonly #emit: Emit;
  readonly #ends: Ends;
  #bytes = 0;
  #total = { bytes: 0, exact: false };
  #toldAt = 0;

  constructor(emit: Emit, ends: Ends) {
    this.#emit = emit;
    this.#ends = ends;
  }

  /** Blob bytes that went so far. */
  get bytes(): number {
    return this.#bytes;
  }

  found(name: string, image: ImageDescription, references: readonly Reference[]): void {
    this.#emit({
      type: 'found',
      image: name,
      names: references.map(familiar),
      configDigest: image.configDigest,
      platform: platformText(image.platform),
      size: image.size,
      sizeExact: image.layers.every(({ size }) => size !== undefined),
      created: image.created,
      ...this.#ends,
    });
  }

  planned(image: ImageDescription, { layersHere, bytesHere, bytesToGo, exact }: Plan): void {
    this.begin(bytesToGo, exact);
    this.#emit({
      type: 'plan',
      layers: image.layers.length,
      layersHere,
      bytesHere,
      bytesToGo,
      bytesExact: exact,
    });
  }

  /** From now on so many bytes are to go. */
  begin(bytes: number, exact: boolean): void {
    this.#bytes = 0;
    this.#total = { bytes, exact };
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    if (performance.now() - this.#toldAt >= progressEveryMs) this.#tellProgress();
  }

  waiting(side: 'source' | 'sink'): void {
    this.#emit({ type: 'waiting', for: side === 'source' ? this.#ends.from : this.#ends.to });
  }

  loading(): void {
    this.#total = { bytes: this.#bytes, exact: true };
    this.#tellProgress();
    this.#emit({ type: 'loading', engine: this.#ends.to });
  }

  #tellProgress(): void {
    this.#toldAt = performance.now();
    const total = Math.max(this.#total.bytes, this.#bytes);
    this.#emit({ type: 'progress', received: this.#bytes, total, totalExact: this.#total.exact });
  }
}

/** Tells how far a file is read, at most ten times a second. */
export function readingTold(emit: Emit, file: string, total: number | undefined): (bytes: number) => void {
  let read = 0;
  let toldAt = 0;
  return (bytes) => {
    read += bytes;
    if (performance.now() - toldAt < progressEveryMs && read !== total) return;
    toldAt = performance.now();
    emit({ type: 'reading', file, read, total });
  };
}
