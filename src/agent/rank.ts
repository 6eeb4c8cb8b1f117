import type { PeerId } from '../wire/peer-id.js';
import type { Neighbour } from './neighbour.js';

/** What each peer gave in a second, as measured in earlier transfers, in bytes; the last one counts half. */
export class Throughput {
  readonly #known = new Map<PeerId, number>();

  of(peerId: PeerId): number | undefined {
    return this.#known.get(peerId);
  }

  /** Short transfers say more about the engines' start than about the peer. */
  note(peerId: PeerId, bytes: number, ms: number): void {
    if (bytes < shortestMeasure || ms <= 0) return;
    const now = (bytes / ms) * 1_000;
    const before = this.#known.get(peerId) ?? now;
    this.#known.set(peerId, (before + now) / 2);
  }
}

const shortestMeasure = 1_000_000;

/**
 * The peers in the order in which to ask them: those with a free upload first, then by what each of their uploads gets
 * of the measured throughput; a peer that was never measured counts as the best known. Among equals by chance, so that
 * many receivers spread over many sources.
 */
export function rank(
  holders: readonly Neighbour[],
  throughputOf: (peerId: PeerId) => number | undefined,
  chance: () => number = Math.random,
): Neighbour[] {
  const known = holders.map(({ peerId }) => throughputOf(peerId) ?? 0);
  const best = Math.max(1, ...known);
  return holders
    .map((neighbour) => {
      const { active, limit } = neighbour.session.hello.uploads;
      const share = (throughputOf(neighbour.peerId) ?? best) / (active + 1);
      return { neighbour, isFree: Number(active < limit), share, chance: chance() };
    })
    .toSorted((a, b) => b.isFree - a.isFree || b.share - a.share || a.chance - b.chance)
    .map(({ neighbour }) => neighbour);
}
