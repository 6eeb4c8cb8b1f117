import { type Workstation, workstations } from '../test/lab/workstation.js';

const { ada, bob, cleo, dan } = workstations;

/** The pairs of image stores, by the names that `--only` takes: who has the image, and who gets it. */
export const pairs = {
  'containerd-containerd': { source: ada, receiver: bob },
  'classic-classic': { source: cleo, receiver: dan },
  'containerd-classic': { source: ada, receiver: dan },
  'classic-containerd': { source: cleo, receiver: bob },
} as const satisfies Record<string, { source: Workstation; receiver: Workstation }>;
export type PairName = keyof typeof pairs;
export const pairNames = Object.keys(pairs) as PairName[];

/** What the receiver lacks of the image, by the names that `--case` takes; in the order in which they run. */
export const cases = {
  nothing: 'nothing there',
  everything: 'everything there',
  small: 'one small layer new',
  '25mb': 'one 25 MB layer new',
} as const;
export type CaseName = keyof typeof cases;
export const caseNames = Object.keys(cases) as CaseName[];

/** The links, in Mbit/s. */
export const rates: readonly number[] = [1_000, 200];

/** One measured transfer. */
export interface Run {
  /** Wall time of the commands that a person types. */
  readonly seconds: number;
  /** Where there are two commands, the time of each. */
  readonly parts?: Readonly<Record<string, number>>;
  /** Bytes that came in over the receiver's link. */
  readonly received: number;
  /** What our two agents used; absent for rivals. */
  readonly agents?: { readonly source: Used; readonly receiver: Used };
}

/** What a process used during a run: CPU in seconds, greatest resident memory in bytes. */
export interface Used {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** How one contender did in a cell; without runs, why it takes no part. */
export interface Score {
  readonly contender: string;
  readonly runs: readonly Run[];
  readonly absent?: string;
}

/** One cell, its contenders measured side by side in one run of the bench. */
export interface Cell {
  readonly pair: PairName;
  readonly case: CaseName;
  readonly rateMbit: number;
  /** When it was measured, RFC 3339, and at which commit. */
  readonly at: string;
  readonly commit: string;
  readonly scores: readonly Score[];
}

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [lower, upper] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return lower === undefined || upper === undefined ? Number.NaN : (lower + upper) / 2;
}

/** Median seconds of a contender in a cell; undefined where it took no part. */
export function secondsOf(cell: Cell, contender: string): number | undefined {
  const score = cell.scores.find((one) => one.contender === contender);
  return score === undefined || score.runs.length === 0
    ? undefined
    : median(score.runs.map(({ seconds }) => seconds));
}
