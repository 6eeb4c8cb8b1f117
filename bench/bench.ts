/** Measures p2pimg beside its rivals in the lab; CONTRIBUTING.md says how. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { sh } from '../test/lab/process.js';
import { bringUpLab, type Workstation } from '../test/lab/workstation.js';
import { type CaseName, type Cell, type PairName, pairs, type Score } from './cells.js';
import { ours } from './contenders/all.js';
import type { Candidate } from './contenders/contender.js';
import { registryHost } from './contenders/registry.js';
import { empty } from './emptying.js';
import { machineLayers } from './machine-layers.js';
import { play } from './match.js';
import { type Options, readOptions, usage } from './options.js';
import { commit, keep } from './results.js';
import { SharedImage } from './shared-image.js';
import { neededOf } from './targets.js';
import { Undo } from './undo.js';

const lab = path.resolve('test/lab/lab.sh');
const say = (line: string): void => console.error(`bench: ${line}`);

/** What holds for the whole of a bench. */
interface Bench {
  readonly options: Options;
  readonly image: SharedImage;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => stopped.abort(new Error('interrupted'))); // npm passes it on a second time
  const undo = new Undo();
  try {
    await prepareLab(options.rivals, undo);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'p2pimg-bench-'));
    undo.add(() => rm(folder, { recursive: true, force: true }));
    const image = await SharedImage.of(await machineLayers(say), new Date().toISOString());
    let report = '';
    for (const pair of options.pairs)
      report = await measure(pair, { options, image, folder, signal: stopped.signal });
    console.log(report);
  } finally {
    await undo.all();
  }
}

/** Brings the lab up with what the rivals need; it is taken down at the end if it was not up before. */
async function prepareLab(rivals: readonly Candidate[], undo: Undo): Promise<void> {
  const wasUp = existsSync('/run/netns/p2plab-lan');
  if (!wasUp) undo.add(() => sh(lab, 'down'));
  await bringUpLab();
  const packages = [...new Set(rivals.flatMap((rival) => rival.packages))];
  if (packages.length > 0) await sh(lab, 'packages', ...packages);
}

/** Measures all that is wanted of one pair, keeps it, and resolves to the report. */
async function measure(pair: PairName, bench: Bench): Promise<string> {
  const { source, receiver } = pairs[pair];
  const { options, image } = bench;
  const undo = new Undo();
  try {
    for (const workstation of [source, receiver]) {
      undo.add(() => empty(workstation));
      await empty(workstation);
    }
    say(`${pair}: giving the image to ${source.name}`);
    await image.loadInto(source);
    let report = '';
    for (const [index, rateMbit] of options.rates.entries()) {
      if (casesOf(ours, pair, rateMbit, options).length === 0) continue;
      say(`${pair}, ${rateMbit} Mbit/s`);
      const rivals = options.rivals.filter(({ only }) => only === undefined || index === 0);
      report = await keep(await sideBySide(pair, rateMbit, [ours, ...rivals], bench), image.size);
    }
    return report;
  } finally {
    await undo.all();
  }
}

/** All cases of a pair on one link, the contenders one after the other. */
async function sideBySide(
  pair: PairName,
  rateMbit: number,
  candidates: readonly Candidate[],
  { options, image, folder, signal }: Bench,
): Promise<Cell[]> {
  const { source, receiver } = pairs[pair];
  const scores = new Map<CaseName, Score[]>(casesOf(ours, pair, rateMbit, options).map((name) => [name, []]));
  for (const candidate of candidates) {
    signal.throwIfAborted();
    const cases = casesOf(candidate, pair, rateMbit, options);
    if (cases.length === 0) continue;
    const undo = new Undo();
    try {
      await limitLinks([source, receiver, registryHost], rateMbit, undo);
      const ground = { source, receiver, folder, undo, signal };
      const played = await play(candidate, ground, { ...options, cases, image, say });
      for (const [name, score] of played) scores.get(name)?.push(score);
    } finally {
      await undo.all();
    }
  }
  const facts = { pair, rateMbit, at: new Date().toISOString(), commit: await commit() };
  return [...scores].map(([name, list]) => ({ ...facts, case: name, scores: list }));
}

/** What a candidate plays there. */
function casesOf(
  { name }: Candidate,
  pair: PairName,
  rateMbit: number,
  options: Options,
): readonly CaseName[] {
  if (!options.targetsOnly) return options.cases;
  const needed = neededOf(name, pair, rateMbit);
  return options.cases.filter((one) => needed.includes(one));
}

async function limitLinks(links: readonly Workstation[], rateMbit: number, undo: Undo): Promise<void> {
  for (const workstation of links) {
    undo.add(() => workstation.shape(undefined));
    await workstation.shape(rateMbit);
  }
}

if (process.argv.includes('--help')) console.log(usage);
else
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
