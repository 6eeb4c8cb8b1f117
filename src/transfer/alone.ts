import { P2pimgError } from '../error.js';
import type { Source, Sources } from './source.js';

/** One source without the others: what fails then is its own fault. It is not waited for. */
export class Alone implements Sources {
  readonly #source: Source;
  readonly #all: Sources;
  #isOut = false;

  constructor(source: Source, all: Sources) {
    this.#source = source;
    this.#all = all;
  }

  now(): Source | undefined {
    return this.#isOut ? undefined : this.#source;
  }

  async next(): Promise<Source> {
    throw new P2pimgError('PEER_LOST', 'no other source may go on with this');
  }

  failed(source: Source, error: P2pimgError): void {
    this.#isOut = true;
    if (error.code !== 'PEER_LOST') this.#all.failed(source, error);
  }
}
