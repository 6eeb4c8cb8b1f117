import { type Workstation, workstations } from '../workstation.js';

/** What is killed. On a workstation with the embedded store the agent is the engine. */
export type Victim = 'source agent' | 'source engine' | 'receiver agent' | 'receiver engine' | 'command';

/** When: so long after an event of the `get`, or when a share of the image has arrived. */
export type Moment =
  | {
      readonly type: 'event';
      readonly event: 'looking' | 'found' | 'plan' | 'loading';
      readonly afterMs: number;
    }
  | { readonly type: 'share'; readonly share: number };

/** One kill during one `get`. */
export interface KillCase {
  readonly index: number;
  readonly source: Workstation;
  readonly receiver: Workstation;
  readonly victim: Victim;
  readonly moment: Moment;
}

const { ada, bob, cleo, dan, eve, nas } = workstations;
const victims: readonly Victim[] = [
  'source agent',
  'source engine',
  'receiver agent',
  'receiver engine',
  'command',
];
const events = ['looking', 'found', 'plan', 'loading'] as const;

/** The cases of a seed: all pairs of stores and victims once, in a random order, then all again. */
export function killCases(seed: number, count: number): KillCase[] {
  const matrix = everyPair().flatMap((pair) =>
    victims
      .filter((victim) => !(victim === 'source engine' && pair.source === nas))
      .filter((victim) => !(victim === 'receiver engine' && pair.receiver === nas))
      .map((victim) => ({ ...pair, victim })),
  );
  const cases: KillCase[] = [];
  for (let round = 0; cases.length < count; round++) {
    const random = randomOf(seed * 1_000 + round);
    for (const one of shuffled(matrix, random))
      if (cases.length < count) cases.push({ ...one, index: cases.length, moment: momentOf(random) });
  }
  return cases;
}

/** A case as a person reads it. */
export function showCase({ index, source, receiver, victim, moment }: KillCase): string {
  const when =
    moment.type === 'share'
      ? `at ${Math.round(moment.share * 100)} %`
      : `${moment.afterMs} ms after "${moment.event}"`;
  return `${index}: ${victim}, ${when}, from ${source.name} (${source.engine}) to ${receiver.name} (${receiver.engine})`;
}

/** Every kind of store to every kind, on two workstations. */
function everyPair(): { source: Workstation; receiver: Workstation }[] {
  const kinds = [ada, cleo, dan, eve, nas];
  return kinds.flatMap((source) =>
    kinds
      .filter((receiver) => receiver !== source || receiver === ada)
      .map((receiver) => ({ source, receiver: receiver === source ? bob : receiver })),
  );
}

function momentOf(random: () => number): Moment {
  const [kind, at, later] = [random(), random(), random()];
  if (kind < 0.6) return { type: 'share', share: at };
  const event = events[Math.floor(at * events.length)] ?? 'plan';
  return { type: 'event', event, afterMs: Math.floor(later * 500) };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
