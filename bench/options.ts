import { parseArgs } from 'node:util';
import { type CaseName, caseNames, type PairName, pairNames, rates } from './cells.js';
import { rivals } from './contenders/all.js';
import type { Candidate } from './contenders/contender.js';

/** What to measure. */
export interface Options {
  readonly pairs: readonly PairName[];
  readonly cases: readonly CaseName[];
  readonly rates: readonly number[];
  readonly rivals: readonly Candidate[];
  readonly runs: number;
  readonly warmUps: number;
  /** Of all that, only what a target needs. */
  readonly targetsOnly: boolean;
}

export const usage = `usage: npm run bench -- [options]; each may name several, with commas; all by default
  --only PAIR      ${pairNames.join(', ')}
  --case CASE      ${caseNames.join(', ')}
  --rate MBIT      ${rates.join(', ')}, or any other
  --rivals RIVAL   ${Object.keys(rivals).join(', ')}, or none
  --runs N         measured runs of each; 3 by default
  --targets        of these, only what the targets need
  --warm-ups N     runs before these, that do not count; 1 by default
`;

/** Reads the command line; throws an Error with a sentence where it does not hold. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: text,
      case: text,
      rate: text,
      rivals: text,
      runs: text,
      'warm-ups': text,
      targets: { type: 'boolean', default: false },
    },
  });
  return {
    pairs: choose('pair', values.only, pairNames),
    cases: choose('case', values.case, caseNames),
    rates: values.rate === undefined ? rates : values.rate.split(',').map((rate) => count('rate', rate, 1)),
    rivals:
      values.rivals === 'none'
        ? []
        : choose('rival', values.rivals, Object.keys(rivals)).map((name) => rivals[name] as Candidate),
    runs: count('runs', values.runs ?? '3', 1),
    warmUps: count('warm-ups', values['warm-ups'] ?? '1', 0),
    targetsOnly: values.targets,
  };
}

function choose<Name extends string>(
  what: string,
  given: string | undefined,
  all: readonly Name[],
): readonly Name[] {
  if (given === undefined) return all;
  const names = given.split(',');
  const unknown = names.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`no ${what} “${unknown}”: there are ${all.join(', ')}`);
  return all.filter((one) => names.includes(one));
}

function count(what: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`${what}: “${text}” is no number from ${least} on`);
  return value;
}
