import type { GetEvent } from '../control/api.js';
import type { P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';
import { platformText } from '../image/platform.js';
import type { Connected } from '../transfer/connect.js';
import type { Plan, Watcher } from '../transfer/plan.js';
import type { Source } from '../transfer/source.js';
import type { PeerId } from '../wire/peer-id.js';
import { type Found, identityOf } from './choose.js';

const progressEveryMs = 100;

/** Who is known to have the image. */
export interface Holders {
  readonly holders: readonly { readonly peerId: PeerId; readonly name: string }[];
}

/** Tells what happens in a transfer as the events of `get`. */
export class Telling implements Watcher {
  readonly #emit: (event: GetEvent) => void;
  readonly #name: string;
  readonly #sources: Holders;
  readonly #differing: readonly Found[];
  readonly #engine: string;
  readonly #patienceMs: number;
  #bytes = 0;
  #total = { bytes: 0, exact: false };
  #toldAt = 0;
  #plannedAt = 0;
  #wire: () => number = () => 0;

  constructor(
    emit: (event: GetEvent) => void,
    name: string,
    sources: Holders,
    differing: readonly Found[],
    engine: string,
    patienceMs: number,
  ) {
    this.#emit = emit;
    this.#name = name;
    this.#sources = sources;
    this.#differing = differing;
    this.#engine = engine;
    this.#patienceMs = patienceMs;
  }

  /** From the plan to the last byte, in milliseconds. */
  get activeMs(): number {
    return this.#toldAt - this.#plannedAt;
  }

  /** Blob bytes that arrived so far. */
  get bytes(): number {
    return this.#bytes;
  }

  offered({ source, image }: Connected): void {
    this.#emit({
      type: 'found',
      image: this.#name,
      configDigest: image.configDigest,
      platform: platformText(image.platform),
      size: image.size,
      sizeExact: isExact(image),
      created: image.created,
      peer: source.peer,
      others: this.#sources.holders.filter(({ peerId }) => peerId !== source.peer.id).map(({ name }) => name),
      differing: this.#differing.map(({ neighbour, image: other }) => ({
        peer: { name: neighbour.name, id: neighbour.peerId },
        id: identityOf(other),
        created: other.created,
      })),
    });
  }

  preparing(source: Source, what: string): void {
    this.#emit({ type: 'preparing', peer: source.peer, what });
  }

  planned(
    image: ImageDescription,
    { layersHere, bytesHere, bytesToGo, exact }: Plan,
    wire: () => number,
  ): void {
    this.#bytes = 0;
    this.#plannedAt = performance.now();
    this.#total = { bytes: bytesToGo, exact };
    this.#wire = wire;
    this.#emit({
      type: 'plan',
      layers: image.layers.length,
      layersHere,
      bytesHere,
      bytesToGo,
      bytesExact: exact,
    });
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    if (performance.now() - this.#toldAt < progressEveryMs) return;
    this.#tellProgress();
  }

  loading(): void {
    this.#total = { bytes: this.#bytes, exact: true };
    this.#tellProgress();
    this.#emit({ type: 'loading', engine: this.#engine });
  }

  lost({ peer }: Source, _error: P2pimgError): void {
    this.#emit({ type: 'lost', peer, received: this.#bytes, givesUpInMs: this.#patienceMs });
  }

  resumed({ peer }: Source): void {
    this.#emit({ type: 'resumed', peer, received: this.#bytes });
  }

  #tellProgress(): void {
    this.#toldAt = performance.now();
    const total = Math.max(this.#total.bytes, this.#bytes);
    this.#emit({
      type: 'progress',
      received: this.#bytes,
      total,
      totalExact: this.#total.exact,
      wire: this.#wire(),
    });
  }
}

const isExact = ({ layers }: ImageDescription): boolean => layers.every(({ size }) => size !== undefined);
