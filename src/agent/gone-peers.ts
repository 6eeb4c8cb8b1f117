import type { GonePeer, PeerName } from '../control/api.js';

const most = 100;

/** The peers that were met and are not there any more: as many as anybody wants to read of. */
export class GonePeers {
  readonly #gone = new Map<string, GonePeer>();

  /** It is not there any more, from now on. */
  left(peer: PeerName): void {
    this.#gone.delete(peer.id);
    this.#gone.set(peer.id, { ...peer, lastSeen: new Date().toISOString() });
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > most && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** It is there again. */
  back(id: string): void {
    this.#gone.delete(id);
  }

  clear(): void {
    this.#gone.clear();
  }

  /** The last that left first. */
  all(): GonePeer[] {
    return [...this.#gone.values()].toReversed();
  }
}
