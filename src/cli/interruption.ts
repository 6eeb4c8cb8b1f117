import { exitCodes } from './exit-codes.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns Ctrl-C and its like into an abort; a second one ends the process at once. */
export class Interruption {
  readonly #controller = new AbortController();

  constructor() {
    for (const name of signals) process.on(name, this.#handle);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Lets signals do again what they do by themselves. */
  close(): void {
    for (const name of signals) process.off(name, this.#handle);
  }

  readonly #handle = (): void => {
    if (this.#controller.signal.aborted) process.exit(exitCodes.interrupted);
    this.#controller.abort();
  };
}
