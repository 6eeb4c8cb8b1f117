import type { GetEvent } from '../../control/api.js';
import { shortId } from '../../image/digest.js';
import { asideSentence, embeddedStoreSentence } from '../hints.js';
import type { Symbols } from '../terminal.js';
import { clean } from './clean.js';
import { age, clock, count, duration, size, sizeOf } from './units.js';

type Event<T extends GetEvent['type']> = Extract<GetEvent, { type: T }>;

/** What is said of an image at first sight. */
export type About = Pick<Event<'found'>, 'configDigest' | 'platform' | 'size' | 'sizeExact' | 'created'>;

/** How far the bytes of an image have come. */
export type Advance = Pick<Event<'progress'>, 'received' | 'total' | 'totalExact'>;

/** The words of a `get`'s events, in the characters that an output can show. Whatever a peer named is cleaned. */
export class Sentences {
  readonly #symbols: Symbols;

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
  }

  /** A text from elsewhere, fit to be shown. */
  name(text: string): string {
    return this.#symbols.text(clean(text));
  }

  /** `5a34bd15 · linux/amd64 · 757 MB · built 2 h ago` */
  image({ configDigest, platform, size: bytes, sizeExact, created }: About, now: number): string {
    const built = age(created, now);
    return [
      shortId(configDigest),
      this.name(platform),
      sizeExact ? size(bytes) : `about ${size(bytes)}`,
      ...(built === undefined ? [] : [`built ${built} ago`]),
    ].join(` ${this.#symbols.dot} `);
  }

  /** `mara-thinkpad (2 others have it)` */
  source({ peer, others }: Event<'found'>): string {
    const n = others.length;
    const more = n === 0 ? '' : n === 1 ? ' (1 other has it)' : ` (${n} others have it)`;
    return this.name(peer.name) + more;
  }

  /** `jonas-mbp has 404c38cd, built 3 d ago` for each peer that has another image under the name. */
  differing({ differing }: Event<'found'>, now: number): string {
    return differing
      .map(({ peer, id, created }) => {
        const built = age(created, now);
        return `${this.name(peer.name)} has ${shortId(id)}${built === undefined ? '' : `, built ${built} ago`}`;
      })
      .join('; ');
  }

  /** `mallory sent something else than it said (DIGEST_MISMATCH): set aside until 16:20` */
  aside({ peer }: Event<'aside'>): string {
    return asideSentence({ ...peer, name: this.name(peer.name), code: this.name(peer.code) });
  }

  /** What a person is told on a machine without an engine. */
  embeddedStore(folder: string): string {
    return embeddedStoreSentence(this.name(folder));
  }

  /** `mara-thinkpad: docker writes a temporary copy` */
  preparing({ peer, what }: Event<'preparing'>): string {
    return `${this.name(peer.name)}: ${this.name(what)}`;
  }

  /** `3 of 4 layers, 732 MB; 25.1 MB to go` */
  plan({ layers, layersHere, bytesHere, bytesToGo, bytesExact }: Event<'plan'>): string {
    const about = bytesExact ? '' : 'about ';
    const toGo = bytesToGo === 0 ? 'nothing to come' : `${about}${size(bytesToGo)} to go`;
    if (layersHere === 0) return `none of ${count(layers, 'layer')}; ${toGo}`;
    return `${layersHere} of ${count(layers, 'layer')}, ${about}${size(bytesHere)}; ${toGo}`;
  }

  /** `16.2 of 25.1 MB`; only what came, once that is more than was estimated. */
  amount({ received, total, totalExact }: Advance): string {
    if (!totalExact && received > total) return `${size(received)}, more than estimated`;
    return `${sizeOf(received, total)} of ${totalExact ? '' : 'about '}${size(total)}`;
  }

  /** `docker is unpacking` */
  loading({ engine }: Event<'loading'>): string {
    return `${this.name(engine)} is unpacking`;
  }

  /** `lost mara-thinkpad at 16.2 MB` */
  lost({ peer, received }: Event<'lost'>): string {
    return `lost ${this.name(peer.name)} at ${size(received)}`;
  }

  /** `looking for another source (gives up in 1:58)` */
  lookingAgain(leftMs: number): string {
    return `looking for another source (${this.givesUp(leftMs)})`;
  }

  /** `gives up in 1:58` */
  givesUp(leftMs: number): string {
    return `gives up in ${clock(leftMs)}`;
  }

  /** `going on from buildbox at 16.2 MB` */
  resumed({ peer, received }: Event<'resumed'>): string {
    return `going on from ${this.name(peer.name)} at ${size(received)}`;
  }

  /** `nobody has it; docker pulls it, 12.0 of 25.1 MB` */
  pulling({ engine, received, total }: Event<'pulling'>): string {
    const amount = total === 0 ? '' : `, ${sizeOf(received, total)} of ${size(total)}`;
    return `nobody has it; ${this.name(engine)} pulls it${amount}`;
  }

  /** ` is here, proved: sha256:5a34bd15…`, after the image's name. */
  proved({ already, pulled, configDigest }: Event<'done'>): string {
    const id = `sha256:${shortId(configDigest)}${this.#symbols.ellipsis}`;
    if (pulled) return ` is here, pulled from its registry: ${id}`;
    return already ? ` is here already: ${id}` : ` is here, proved: ${id}`;
  }

  /** `25.1 MB from mara-thinkpad in 1.4 s, 732 MB not sent; replaces 1c20aa9e` */
  effort({ already, pulled, received, peer, durationMs, reused, replaced }: Event<'done'>): string {
    const from = peer === undefined ? '' : ` from ${this.name(peer.name)}`;
    const kept = reused === 0 ? '' : `, ${size(reused)} not sent`;
    const effort = already
      ? 'nothing had to come'
      : pulled
        ? `by the engine in ${duration(durationMs)}`
        : `${size(received)}${from} in ${duration(durationMs)}${kept}`;
    return effort + (replaced === undefined ? '' : `; replaces ${shortId(replaced)}`);
  }
}
