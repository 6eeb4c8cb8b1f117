import type { PeerId } from '../wire/peer-id.js';

const forgottenAfterMs = 5 * 60_000;

/** Agents of other teams, to be counted: each for five minutes after its last advert, so many at most. */
export class Strangers {
  private readonly limit: number;
  private readonly now: () => number;
  /** The one heard of last stands last. */
  private readonly seenAt = new Map<PeerId, number>();

  constructor(limit: number, now: () => number) {
    this.limit = limit;
    this.now = now;
  }

  seen(peerId: PeerId): void {
    this.seenAt.delete(peerId);
    this.seenAt.set(peerId, this.now());
    const [oldest] = this.seenAt.keys();
    if (this.seenAt.size > this.limit && oldest !== undefined) this.seenAt.delete(oldest);
  }

  forget(peerId: PeerId): void {
    this.seenAt.delete(peerId);
  }

  clear(): void {
    this.seenAt.clear();
  }

  count(): number {
    const since = this.now() - forgottenAfterMs;
    for (const [peerId, at] of this.seenAt) {
      if (at >= since) break;
      this.seenAt.delete(peerId);
    }
    return this.seenAt.size;
  }
}
