import type { SendEvent } from '../../control/sending.js';
import { shortId } from '../../image/digest.js';
import type { Symbols } from '../terminal.js';
import { Sentences } from './sentences.js';
import { clock, duration, size } from './units.js';

type Event<T extends SendEvent['type']> = Extract<SendEvent, { type: T }>;

/** The words of a `send`'s events, besides those that it shares with `get`. */
export class SendWords extends Sentences {
  readonly #ellipsis: string;

  constructor(symbols: Symbols) {
    super(symbols);
    this.#ellipsis = symbols.ellipsis;
  }

  /** `5a34bd15 · linux/amd64 · 757 MB · built 2 h ago` */
  about(event: Event<'offering'>, now: number): string {
    return this.image(event, now);
  }

  /** `for the owner of mara-thinkpad to accept (10:00 left)` */
  asking({ peer }: Event<'asking'>, leftMs: number): string {
    return `for the owner of ${this.name(peer.name)} to accept (${clock(leftMs)} left)`;
  }

  /** `for this machine: waiting for a free upload` */
  here({ what }: Event<'preparing'>): string {
    return `for this machine: ${this.name(what)}`;
  }

  /** `docker is unpacking at mara-thinkpad` */
  loadingAt({ peer, engine }: Event<'loading'>): string {
    return `${this.name(engine)} is unpacking at ${this.name(peer.name)}`;
  }

  /** `mara-thinkpad lost this machine at 16.2 MB, and tries again (gives up in 1:58)` */
  lostAt({ peer, received, givesUpInMs }: Event<'lost'>): string {
    const at = `${this.name(peer.name)} lost this machine at ${size(received)}`;
    return `${at}, and tries again (${this.givesUp(givesUpInMs)})`;
  }

  /** `mara-thinkpad goes on at 16.2 MB` */
  resumedAt({ peer, received }: Event<'resumed'>): string {
    return `${this.name(peer.name)} goes on at ${size(received)}`;
  }

  /** ` is at mara-thinkpad, proved: sha256:5a34bd15…`, after the image's name. */
  arrived({ already, peer, configDigest, file }: Event<'done'>): string {
    const id = `sha256:${shortId(configDigest)}${this.#ellipsis}`;
    const where = `${this.name(peer.name)}${file === undefined ? '' : ` in ${this.name(file)}`}`;
    return ` is at ${where}${already ? ' already' : ', proved'}: ${id}`;
  }

  /** `25.1 MB in 1.4 s, 732 MB not sent; replaces 1c20aa9e there` */
  outcome({ already, received, durationMs, reused, replaced }: Event<'done'>): string {
    const kept = reused === 0 ? '' : `, ${size(reused)} not sent`;
    const effort = already ? 'nothing had to go' : `${size(received)} in ${duration(durationMs)}${kept}`;
    return effort + (replaced === undefined ? '' : `; replaces ${shortId(replaced)} there`);
  }
}
