import type { WayEvent } from '../../control/ways.js';
import { shortId } from '../../image/digest.js';
import type { Symbols } from '../terminal.js';
import { Sentences } from './sentences.js';
import { count, duration, size } from './units.js';

type Event<T extends WayEvent['type']> = Extract<WayEvent, { type: T }>;

/** The words of the events of `save`, `load` and `copy`, besides those that they share with `get`. */
export class WayWords extends Sentences {
  readonly #dot: string;
  readonly #ellipsis: string;

  constructor(symbols: Symbols) {
    super(symbols);
    this.#dot = ` ${symbols.dot} `;
    this.#ellipsis = symbols.ellipsis;
  }

  /** `a.tar.gz is sound: 2 images` */
  sound({ file, images }: Event<'sound'>): string {
    return `${this.name(file)} is sound: ${count(images, 'image')}`;
  }

  /** `5a34bd15 · linux/amd64 · 757 MB · built 2 h ago` */
  about(event: Event<'found'>, now: number): string {
    return this.image(event, now);
  }

  /** `machine:old, to docker` */
  way({ from, to }: Pick<Event<'found'>, 'from' | 'to'>): string {
    return `${this.name(from)}, to ${this.name(to)}`;
  }

  /** `for docker` */
  waiting({ for: whom }: Event<'waiting'>): string {
    return `for ${this.name(whom)}`;
  }

  /** ` is in docker, proved: sha256:5a34bd15…`, after the image's name. */
  arrived({ already, to, configDigest }: Event<'done'>): string {
    const id = `sha256:${shortId(configDigest)}${this.#ellipsis}`;
    return ` is in ${this.name(to)}${already ? ' already' : ', proved'}: ${id}`;
  }

  /** `25.1 MB from machine:old in 1.4 s, 732 MB not sent; also team/app:latest; replaces 1c20aa9e` */
  outcome({ already, from, received, reused, durationMs, names, image, replaced }: Event<'done'>): string {
    const kept = reused === 0 ? '' : `, ${size(reused)} not sent`;
    const others = names.filter((name) => name !== image);
    return [
      already
        ? 'nothing had to come'
        : `${size(received)} from ${this.name(from)} in ${duration(durationMs)}${kept}`,
      ...(others.length === 0 ? [] : [`also ${others.map((name) => this.name(name)).join(', ')}`]),
      ...(replaced.length === 0 ? [] : [`replaces ${replaced.map(shortId).join(', ')}`]),
    ].join('; ');
  }

  /** `2 images, 812 MB, in 12 s` */
  written({ images, size: bytes, durationMs }: Event<'written'>): string {
    return `${count(images.length, 'image')}, ${size(bytes)}, in ${duration(durationMs)}`;
  }

  /** What goes between the parts of a line. */
  get dot(): string {
    return this.#dot;
  }
}
