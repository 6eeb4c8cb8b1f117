import type { GetEvent } from '../../control/api.js';
import type { P2pimgError } from '../../error.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { writeFailure } from './failure.js';
import type { GetPresenter } from './get-presenter.js';
import { SlidingRate } from './rate.js';
import { Sentences } from './sentences.js';
import { clock, rate } from './units.js';

const progressEveryMs = 5000;

/** A `get` as plain lines, one a moment, for a pipe, a log, or a terminal that cannot move its cursor. */
export class GetText implements GetPresenter {
  readonly #output: Terminal;
  readonly #errors: Terminal;
  readonly #sentences: Sentences;
  readonly #now: () => number;
  #rate = new SlidingRate();
  #image = '';
  #progressAt: number;

  constructor(output: Terminal, errors: Terminal, now = Date.now) {
    this.#output = output;
    this.#errors = errors;
    this.#sentences = new Sentences(output.symbols);
    this.#now = now;
    this.#progressAt = now();
  }

  event(event: GetEvent): void {
    const words = this.#sentences;
    switch (event.type) {
      case 'looking':
        this.#image = words.name(event.image);
        this.#rate = new SlidingRate();
        if (event.embeddedStore !== undefined)
          this.#output.write(`${words.embeddedStore(event.embeddedStore)}\n`);
        this.#line('looking on this network');
        return;
      case 'found':
        this.#line(`found ${words.image(event, this.#now())}, at ${words.source(event)}`);
        if (event.differing.length > 0) this.#line(`others: ${words.differing(event, this.#now())}`);
        return;
      case 'preparing':
        this.#line(`preparing at ${words.preparing(event)}`);
        return;
      case 'plan':
        this.#progressAt = this.#now();
        this.#line(`here ${words.plan(event)}`);
        return;
      case 'progress':
        this.#progress(event);
        return;
      case 'pulling':
        this.#pulling(event);
        return;
      case 'loading':
        this.#line(`loading, ${words.loading(event)}`);
        return;
      case 'aside':
        this.#line(words.aside(event));
        return;
      case 'lost':
        this.#line(`${words.lost(event)}; ${words.lookingAgain(event.givesUpInMs)}`);
        return;
      case 'resumed':
        this.#rate.reset();
        this.#line(words.resumed(event));
        return;
      case 'done':
        this.#output.write(`${words.name(event.image)}${words.proved(event)}  ${words.effort(event)}\n`);
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

  #progress(event: Extract<GetEvent, { type: 'progress' }>): void {
    const now = this.#now();
    this.#rate.add(now, event.received);
    const isLast = event.received >= event.total && event.totalExact;
    if (now - this.#progressAt < progressEveryMs && !isLast) return;
    this.#progressAt = now;
    const perSecond = this.#rate.perSecond(now);
    const left = event.total - event.received;
    const speed = perSecond === undefined ? '' : `, ${rate(perSecond)}`;
    const remaining = perSecond && left > 0 ? `, ${clock((left / perSecond) * 1000)} left` : '';
    this.#line(this.#sentences.amount(event) + speed + remaining);
  }

  #pulling(event: Extract<GetEvent, { type: 'pulling' }>): void {
    const now = this.#now();
    if (event.total > 0 && now - this.#progressAt < progressEveryMs) return;
    this.#progressAt = now;
    this.#line(this.#sentences.pulling(event));
  }

  #line(text: string): void {
    this.#output.write(this.#image === '' ? `${text}\n` : `${this.#image}: ${text}\n`);
  }
}
