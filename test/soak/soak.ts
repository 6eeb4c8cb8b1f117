import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeResults } from '../../bench/wire/results.js';
import type { Closable, Operations } from '../../src/control/api.js';
import { asP2pimgError } from '../../src/error.js';
import { keepOnly, leftIn, putImage } from './images.js';
import { LocalAgent, type Vitals } from './local-agent.js';
import { trendOf } from './trend.js';

// Two agents that run for long: `npm run soak -- [--gets 1000] [--minutes 20]`. First so many gets in a row, then one
// a second for so many minutes; among them some that are broken off, some of images that nobody has, lists, and a
// third agent that comes and goes. Nothing may grow: memory after a collection of garbage, descriptors, sockets,
// timers, files, names.

const { values } = parseArgs({
  options: { gets: { type: 'string', default: '1000' }, minutes: { type: 'string', default: '20' } },
});
const gets = Number(values.gets);
const minutes = Number(values.minutes);
const kept = 10;
/** The share of a phase in which caches and the compiler may still fill. */
const warmUp = 0.25;
/** What a line through the samples may rise by, for its noise. */
const allowed: Readonly<Record<keyof Vitals, number>> = {
  heap: 1.5e6,
  external: 1e6,
  resident: 12e6,
  descriptors: 2,
  sockets: 2,
  timers: 2,
};

interface Sample {
  readonly phase: 'in a row' | 'over time';
  readonly at: number;
  readonly vitals: Readonly<Record<'source' | 'receiver', Vitals>>;
}

const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-soak-'));
const source = new LocalAgent(folder, 'source');
const receiver = new LocalAgent(folder, 'receiver');
const visitor = new LocalAgent(folder, 'visitor');
const samples: Sample[] = [];
const failures: string[] = [];
const counts = { gets: 0, 'broken off': 0, refused: 0, lists: 0, visits: 0 };

try {
  await source.start();
  await receiver.start();
  const invite = (await (await source.operations()).showTeam()).invite;
  const asked = await receiver.operations();
  await asked.joinTeam(invite, true);
  while ((await asked.peers()).peers.length === 0);
  await visitor.start();
  await (await visitor.operations()).joinTeam(invite, true);

  const begun = performance.now();
  for (let index = 0; index < gets; index++) {
    await one(asked, index);
    if (index % Math.ceil(gets / 40) === 0) await sample('in a row', index);
  }
  const inARow = (performance.now() - begun) / 1000;
  const second = performance.now();
  let index = gets;
  const sampleEveryMs = Math.max(2_000, (minutes * 60_000) / 60);
  let sampledAt = 0;
  while (performance.now() - second < minutes * 60_000) {
    await one(asked, index++);
    if (performance.now() - sampledAt > sampleEveryMs) {
      sampledAt = performance.now();
      await sample('over time', sampledAt - begun);
    }
    await delay(1_000);
  }
  await report(inARow, (performance.now() - begun) / 1000);
} finally {
  for (const agent of [visitor, receiver, source]) await agent.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exitCode = 1;
}

/** One step of the soak: a get, and what else its turn brings. */
async function one(asked: Operations & Closable, index: number): Promise<void> {
  const [there, here] = [await source.layout(), await receiver.layout()];
  const name = `soak/app-${index % 50}:${index}`;
  const expected = await putImage(there, name);
  if (index % 10 === 3) await breakOff(asked, name);
  if (index % 10 === 6) await refuse(asked);
  const got = await last(asked.get({ image: name }, new AbortController().signal)).catch(asP2pimgError);
  if (!('type' in got) || got.type !== 'done' || got.configDigest !== expected)
    failures.push(`${name}: ${JSON.stringify(got)}`);
  counts.gets += 1;
  if (index % 10 === 9) {
    await Promise.all([asked.list(), asked.peers(), asked.status()]);
    counts.lists += 1;
    const names = Array.from(
      { length: kept },
      (_, back) => `soak/app-${(index - back) % 50}:${index - back}`,
    );
    await Promise.all([there, here].map((layout) => keepOnly(layout, names)));
    for (const layout of [there, here])
      for (const left of await leftIn(layout)) failures.push(`${name}: ${left}`);
  }
  if (index % 40 === 39) {
    await visitor.end(index % 80 === 39 ? 'SIGTERM' : 'SIGKILL');
    await visitor.start();
    counts.visits += 1;
  }
}

async function breakOff(asked: Operations, image: string): Promise<void> {
  const over = new AbortController();
  try {
    for await (const { type } of asked.get({ image }, over.signal)) if (type === 'plan') over.abort();
  } catch (error) {
    if (asP2pimgError(error).code !== 'INTERRUPTED') throw error;
  }
  counts['broken off'] += 1;
}

async function refuse(asked: Operations): Promise<void> {
  const code = await last(asked.get({ image: 'soak/nothing:1' }, new AbortController().signal)).then(
    ({ type }) => type,
    (error: unknown) => asP2pimgError(error).code,
  );
  if (code !== 'NOBODY_HAS_IT') failures.push(`soak/nothing:1: ${code}`);
  counts.refused += 1;
}

async function last<T>(events: AsyncIterable<T>): Promise<T> {
  let found: T | undefined;
  for await (const event of events) found = event;
  return found as T;
}

async function sample(phase: Sample['phase'], at: number): Promise<void> {
  samples.push({ phase, at, vitals: { source: await source.vitals(), receiver: await receiver.vitals() } });
}

async function report(inARow: number, seconds: number): Promise<void> {
  const rows = (['in a row', 'over time'] as const).flatMap((phase) => {
    const all = samples.filter((one) => one.phase === phase);
    const settled = all.slice(Math.floor(all.length * warmUp));
    if (settled.length < 3) return [];
    return (['source', 'receiver'] as const).flatMap((agent) =>
      (Object.keys(allowed) as (keyof Vitals)[]).map((what) => {
        const trend = trendOf(settled.map(({ at, vitals }) => ({ at, value: vitals[agent][what] })));
        if (trend.growth > allowed[what])
          failures.push(`${what} of the ${agent} grew by ${Math.round(trend.growth)} (${phase})`);
        const shown = (value: number) =>
          allowed[what] < 100 ? value.toFixed(1) : `${(value / 1e6).toFixed(2)} MB`;
        return {
          phase,
          agent,
          what,
          samples: settled.length,
          first: shown(trend.first),
          last: shown(trend.last),
          'growth of the fitted line': shown(trend.growth),
        };
      }),
    );
  });
  console.table(rows);
  const settings = {
    ...counts,
    'seconds in a row': Math.round(inARow),
    seconds: Math.round(seconds),
    failures: failures.length,
  };
  console.log(settings);
  await writeResults('soak', settings, { growth: rows });
}
