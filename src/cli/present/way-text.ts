import type { WayEvent } from '../../control/ways.js';
import type { P2pimgError } from '../../error.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { writeFailure } from './failure.js';
import { SlidingRate } from './rate.js';
import { clock, rate, size } from './units.js';
import type { WayPresenter } from './way.js';
import { WayWords } from './way-words.js';

const progressEveryMs = 5000;

/** A `save`, `load` or `copy` as plain lines, one a moment. */
export class WayText implements WayPresenter {
  readonly #output: Terminal;
  readonly #errors: Terminal;
  readonly #words: WayWords;
  readonly #rate = new SlidingRate();
  #about = '';
  #progressAt = Date.now();

  constructor(output: Terminal, errors: Terminal) {
    this.#output = output;
    this.#errors = errors;
    this.#words = new WayWords(output.symbols);
  }

  event(event: WayEvent): void {
    const words = this.#words;
    switch (event.type) {
      case 'reading':
        this.#about = words.name(event.file);
        if (event.total === undefined) this.#seldom(() => `read ${size(event.read)}`);
        else this.#progress('read ', event.read, event.total, true);
        return;
      case 'sound':
        this.#output.write(`${words.sound(event)}\n`);
        return;
      case 'found':
        this.#about = words.name(event.image);
        this.#rate.reset();
        this.#line(`${words.about(event, Date.now())}${words.dot}from ${words.way(event)}`);
        return;
      case 'plan':
        this.#progressAt = Date.now();
        this.#line(`there ${words.plan(event)}`);
        return;
      case 'progress':
        this.#progress('', event.received, event.total, event.totalExact);
        return;
      case 'waiting':
        this.#line(`waiting ${words.waiting(event)}`);
        return;
      case 'loading':
        this.#line(`loading, ${words.loading(event)}`);
        return;
      case 'done':
        this.#output.write(`${words.name(event.image)}${words.arrived(event)}  ${words.outcome(event)}\n`);
        return;
      case 'written':
        this.#output.write(`${words.name(event.file)} is written  ${words.written(event)}\n`);
    }
  }

  failed(error: P2pimgError): void {
    writeFailure(describeFailure(error), this.#errors);
  }

  stopping(): void {
    this.#line('stopping');
  }

  close(): void {
    // nothing is held
  }

  #progress(verb: string, received: number, total: number, totalExact: boolean): void {
    const now = Date.now();
    this.#rate.add(now, received);
    this.#seldom(() => {
      const perSecond = this.#rate.perSecond(now);
      const left = total - received;
      const speed = perSecond === undefined ? '' : `, ${rate(perSecond)}`;
      const remaining = perSecond && left > 0 ? `, ${clock((left / perSecond) * 1000)} left` : '';
      return verb + this.#words.amount({ received, total, totalExact }) + speed + remaining;
    });
  }

  #seldom(text: () => string): void {
    const now = Date.now();
    if (now - this.#progressAt < progressEveryMs) return;
    this.#progressAt = now;
    this.#line(text());
  }

  #line(text: string): void {
    this.#output.write(this.#about === '' ? `${text}\n` : `${this.#about}: ${text}\n`);
  }
}
