import type { SendEvent } from '../../control/sending.js';
import type { P2pimgError } from '../../error.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { writeFailure } from './failure.js';
import { SlidingRate } from './rate.js';
import type { SendPresenter } from './send-presenter.js';
import { SendWords } from './send-words.js';
import { clock, rate } from './units.js';

const progressEveryMs = 5000;

/** A `send` as plain lines, one a moment. */
export class SendText implements SendPresenter {
  readonly #output: Terminal;
  readonly #errors: Terminal;
  readonly #words: SendWords;
  readonly #rate = new SlidingRate();
  readonly #now: () => number;
  #image = '';
  #progressAt = 0;

  constructor(output: Terminal, errors: Terminal, now = Date.now) {
    this.#output = output;
    this.#errors = errors;
    this.#words = new SendWords(output.symbols);
    this.#now = now;
  }

  event(event: SendEvent): void {
    const words = this.#words;
    switch (event.type) {
      case 'offering':
        this.#image = words.name(event.image);
        this.#line(`offering ${words.about(event, this.#now())}, to ${words.name(event.peer.name)}`);
        return;
      case 'asking':
        this.#line(`waiting ${words.asking(event, event.expiresInMs)}`);
        return;
      case 'accepted':
        this.#line(`accepted by ${words.name(event.peer.name)}`);
        return;
      case 'preparing':
        this.#line(`waiting ${words.here(event)}`);
        return;
      case 'plan':
        this.#progressAt = this.#now();
        this.#line(`there ${words.plan(event)}`);
        return;
      case 'progress':
        this.#progress(event);
        return;
      case 'loading':
        this.#line(`loading, ${words.loadingAt(event)}`);
        return;
      case 'lost':
        this.#line(words.lostAt(event));
        return;
      case 'resumed':
        this.#rate.reset();
        this.#line(words.resumedAt(event));
        return;
      case 'done':
        this.#output.write(`${words.name(event.image)}${words.arrived(event)}  ${words.outcome(event)}\n`);
    }
  }

  failed(error: P2pimgError): void {
    writeFailure(describeFailure(error), this.#errors);
  }

  stopping(): void {
    this.#line('taking it back');
  }

  close(): void {
    // nothing is held
  }

  #progress(event: Extract<SendEvent, { type: 'progress' }>): void {
    const now = this.#now();
    this.#rate.add(now, event.received);
    if (now - this.#progressAt < progressEveryMs) return;
    this.#progressAt = now;
    const perSecond = this.#rate.perSecond(now);
    const left = event.total - event.received;
    const speed = perSecond === undefined ? '' : `, ${rate(perSecond)}`;
    const remaining = perSecond && left > 0 ? `, ${clock((left / perSecond) * 1000)} left` : '';
    this.#line(this.#words.amount(event) + speed + remaining);
  }

  #line(text: string): void {
    this.#output.write(this.#image === '' ? `${text}\n` : `${this.#image}: ${text}\n`);
  }
}
