import { setTimeout as delay } from 'node:timers/promises';
import type { PeerName } from '../control/api.js';
import type { ErrorCode, P2pimgError } from '../error.js';
import { isLie } from '../transfer/blame.js';
import type { Source, Sources } from '../transfer/source.js';

/** A sender that was lost is tried again after so long. */
const restMs = 1_000;

/** The peer that sends an image, as the only source of it. */
export class SenderSource implements Sources {
  readonly #source: Source;
  readonly #onLie: (peer: PeerName, code: ErrorCode) => void;
  #restsUntil = 0;
  #out: P2pimgError | undefined;

  constructor(source: Source, onLie: (peer: PeerName, code: ErrorCode) => void) {
    this.#source = source;
    this.#onLie = onLie;
  }

  now(): Source | undefined {
    return this.#out === undefined && this.#restsUntil <= performance.now() ? this.#source : undefined;
  }

  async next(signal: AbortSignal): Promise<Source> {
    if (this.#out !== undefined) throw this.#out;
    const left = this.#restsUntil - performance.now();
    if (left > 0) await delay(left, undefined, { signal });
    signal.throwIfAborted();
    return this.#source;
  }

  failed({ peer }: Source, error: P2pimgError): void {
    if (isLie(error)) this.#onLie(peer, error.code);
    if (error.code === 'PEER_LOST') this.#restsUntil = performance.now() + restMs;
    else this.#out = error;
  }
}
