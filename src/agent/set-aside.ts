import type { AsidePeer, PeerName } from '../control/api.js';
import { type ErrorCode, P2pimgError } from '../error.js';
import type { PeerId } from '../wire/peer-id.js';

const minute = 60_000;
const firstMs = 10 * minute;
const longestMs = 24 * 60 * minute;
/** A peer that was honest for so long after its time is over begins at the first time again. */
const forgivenMs = 24 * 60 * minute;
const maximumPeers = 1_000;

interface Offence {
  readonly peer: PeerName;
  readonly code: ErrorCode;
  readonly until: number;
  readonly ms: number;
}

/**
 * The peers that were caught sending something else than they offered: nothing is got from them for ten minutes, after
 * each further time for twice as long, at most for a day. By their ID, whatever they are called and wherever they are.
 */
export class SetAside {
  readonly #offences = new Map<string, Offence>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How many lies were told since the start. */
  get count(): number {
    return this.#count;
  }

  /** This peer was caught in a lie of this kind. */
  blame({ id, name }: PeerName, code: ErrorCode): AsidePeer {
    const now = this.#now();
    const before = this.#offences.get(id);
    const isRepeated = before !== undefined && before.until + forgivenMs > now;
    const ms = isRepeated ? Math.min(longestMs, before.ms * 2) : firstMs;
    const offence = { peer: { id, name }, code, until: now + ms, ms };
    this.#count += 1;
    this.#offences.delete(id);
    this.#offences.set(id, offence);
    this.#bound();
    return told(offence);
  }

  /** Whether nothing is got from this peer at the moment. */
  has(id: PeerId): boolean {
    return (this.#offences.get(id)?.until ?? 0) > this.#now();
  }

  /**
   * Runs a get, and once more each time that it failed while a liar was caught: what that peer alone was said to have
   * may be another image under the same name, which others have.
   */
  async without(run: () => Promise<void>, signal: AbortSignal): Promise<void> {
    let lied: unknown;
    for (;;) {
      const before = this.#count;
      try {
        return await run();
      } catch (error) {
        const code = error instanceof P2pimgError ? error.code : undefined;
        if (lied !== undefined && code === 'NOBODY_HAS_IT') throw lied;
        if (signal.aborted || this.#count === before) throw error;
        lied = error;
      }
    }
  }

  /** Those that are set aside now, the last one first. */
  all(): AsidePeer[] {
    const now = this.#now();
    return [...this.#offences.values()]
      .filter(({ until }) => until > now)
      .toReversed()
      .map(told);
  }

  /** The oldest are forgotten first: whoever can have many IDs must not fill the memory. */
  #bound(): void {
    for (const id of this.#offences.keys()) {
      if (this.#offences.size <= maximumPeers) return;
      this.#offences.delete(id);
    }
  }
}

function told({ peer, code, until }: Offence): AsidePeer {
  return { ...peer, code, until: new Date(until).toISOString() };
}
