import { type CaseName, type Cell, type PairName, secondsOf } from './cells.js';
import { ours } from './contenders/all.js';
import { registry } from './contenders/registry.js';
import { plain, withBzip2 } from './contenders/save-load.js';

/** What a cell is to show: at most so many times a rival's seconds, or so many seconds. */
export interface Target {
  readonly pair: PairName;
  readonly case: CaseName;
  readonly rateMbit: number;
  readonly limit: number;
  /** A contender's name; seconds where there is none. */
  readonly of?: string;
}

/** A target and what came of it; without `value` it was not measured. */
export interface Verdict extends Target {
  readonly value?: number;
  readonly isHeld?: boolean;
}

const [lan, ssh, bzip2] = [registry.name, plain.name, withBzip2.name];
const at = (pair: PairName, name: CaseName, limit: number, of?: string, rateMbit = 1_000): Target => ({
  pair,
  case: name,
  rateMbit,
  limit,
  ...(of !== undefined && { of }),
});

/** What p2pimg wants to reach. */
export const targets: readonly Target[] = [
  at('containerd-containerd', 'nothing', 0.9, lan),
  at('containerd-containerd', 'small', 0.8, lan),
  at('containerd-containerd', 'small', 1),
  at('containerd-containerd', 'everything', 0.3),
  at('classic-classic', 'nothing', 0.9, lan),
  at('classic-classic', 'nothing', 0.2, bzip2),
  at('classic-classic', 'small', 1, lan),
  at('containerd-classic', 'nothing', 1.05, ssh),
  at('containerd-classic', 'small', 0.3, ssh),
  at('classic-containerd', 'nothing', 1.05, ssh),
  at('classic-containerd', 'small', 0.3, ssh),
  at('classic-classic', 'nothing', 0.45, ssh, 200),
  at('classic-containerd', 'nothing', 0.45, ssh, 200),
];

/** The cases that a contender must play between this pair at this rate, so that every target can be judged. */
export function neededOf(contender: string, pair: PairName, rateMbit: number): CaseName[] {
  const needed = targets.filter(
    (target) =>
      target.pair === pair &&
      target.rateMbit === rateMbit &&
      (contender === ours.name || contender === target.of),
  );
  return [...new Set(needed.map((target) => target.case))];
}

/** Which targets these cells hold. */
export function judge(cells: readonly Cell[]): Verdict[] {
  return targets.map((target) => {
    const cell = cells.find(
      (one) => one.pair === target.pair && one.case === target.case && one.rateMbit === target.rateMbit,
    );
    const [own, other] = [ours.name, target.of].map((name) =>
      cell === undefined || name === undefined ? undefined : secondsOf(cell, name),
    );
    const value = own === undefined || target.of === undefined ? own : other && own / other;
    return value === undefined ? target : { ...target, value, isHeld: value <= target.limit };
  });
}
