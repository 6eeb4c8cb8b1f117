import { sh } from '../test/lab/process.js';
import type { Workstation } from '../test/lab/workstation.js';
import { type CaseName, caseNames, median, type Run, type Score } from './cells.js';
import type { Candidate, Contender, Ground } from './contenders/contender.js';
import { empty } from './emptying.js';
import type { Named, SharedImage } from './shared-image.js';

/** What is played, how often, and who hears of progress. */
export interface Rules {
  readonly cases: readonly CaseName[];
  readonly runs: number;
  readonly warmUps: number;
  readonly image: SharedImage;
  say(line: string): void;
}

/** New layers, in bytes. */
const layerBytes = { small: 100_000, '25mb': 25_000_000 } as const;

/**
 * Lets one candidate play the cases between two machines, of which the source has the image. Nothing of other contenders
 * runs meanwhile.
 */
export async function play(
  candidate: Candidate,
  ground: Ground,
  rules: Rules,
): Promise<Map<CaseName, Score>> {
  const { name: contender, only } = candidate;
  const names = rules.cases.filter((name) => only === undefined || name === only);
  const scores = new Map<CaseName, Score>();
  if (names.length === 0) return scores;
  const begun = await candidate.begin(ground);
  if ('absent' in begun) {
    rules.say(`${contender} does not run here: ${begun.absent}`);
    return new Map(names.map((name) => [name, { contender, runs: [], absent: begun.absent }]));
  }
  const match = new Match(begun, ground, rules.image);
  const [warmUps, count] = only === undefined ? [rules.warmUps, rules.runs] : [0, 1];
  for (const name of caseNames.filter((one) => names.includes(one))) {
    await match.prepare(name);
    for (let warmUp = 0; warmUp < warmUps; warmUp++) await match.run(name);
    const runs: Run[] = [];
    while (runs.length < count) runs.push(await match.run(name));
    scores.set(name, { contender, runs });
    rules.say(`  ${name}: ${contender} ${median(runs.map(({ seconds }) => seconds)).toFixed(2)} s`);
  }
  return scores;
}

class Match {
  readonly #contender: Contender;
  readonly #ground: Ground;
  readonly #image: SharedImage;
  #isBaseThere = false;

  constructor(contender: Contender, ground: Ground, image: SharedImage) {
    this.#contender = contender;
    this.#ground = ground;
    this.#image = image;
  }

  /** Where the receiver is to have the base, the contender itself has brought it. */
  async prepare(name: CaseName): Promise<void> {
    if (name !== 'nothing' && !this.#isBaseThere) await this.run('nothing');
  }

  async run(name: CaseName): Promise<Run> {
    switch (name) {
      case 'nothing':
        await empty(this.#ground.receiver);
        await this.#contender.forget();
        this.#isBaseThere = true;
        return this.#measured(this.#image);
      case 'everything':
        return this.#measured(this.#image);
      case 'small':
      case '25mb':
        return this.#child(layerBytes[name]);
    }
  }

  /** A child of the base that no engine has met; afterwards it is on neither side. */
  async #child(bytes: number): Promise<Run> {
    const { source, receiver } = this.#ground;
    const child = await this.#image.addChild(source, bytes);
    const run = await this.#measured(child);
    for (const workstation of [source, receiver])
      for (const name of await namesOf(workstation, child)) await remove(workstation, name);
    return run;
  }

  async #measured(image: Named): Promise<Run> {
    const { receiver, signal } = this.#ground;
    signal.throwIfAborted();
    await this.#contender.awaitImage(image.name);
    await sh('sync'); // what was written before is not to be this run's burden
    const before = await receiver.rxBytes();
    const run = await this.#contender.bring(image.name);
    const received = (await receiver.rxBytes()) - before;
    await expectThere(receiver, image);
    return { ...run, received };
  }
}

/** The names with an image's tag on a workstation; a registry stands before some of them. */
async function namesOf(workstation: Workstation, { name }: Named): Promise<string[]> {
  const tag = name.slice(name.lastIndexOf(':'));
  const list = JSON.parse((await workstation.api('GET', '/images/json')).body.toString()) as {
    RepoTags: string[] | null;
  }[];
  return list.flatMap(({ RepoTags }) => RepoTags ?? []).filter((one) => one.endsWith(tag));
}

/** A contender that brings nothing is not to win. */
async function expectThere(workstation: Workstation, image: Named): Promise<void> {
  const [name] = await namesOf(workstation, image);
  const { body } = await workstation.api('GET', `/images/${name}/json`);
  const layers = (JSON.parse(body.toString()) as { RootFS?: { Layers?: string[] } }).RootFS?.Layers ?? [];
  if (layers.join() !== image.diffIds.join())
    throw new Error(`${workstation.name} has not got ${image.name} whole: ${body}`);
}

async function remove(workstation: Workstation, name: string): Promise<void> {
  const { status, body } = await workstation.api('DELETE', `/images/${name}`);
  if (status !== 200) throw new Error(`${name} is not removed from ${workstation.name}: ${body}`);
}
