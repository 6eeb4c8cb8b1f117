import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type FuzzReport, fuzz } from './fuzz.js';
import type { Target } from './target.js';
import { targets } from './targets/all.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'all' },
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    guided: { type: 'string' },
    out: { type: 'string', default: 'test/fuzz/results' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `npm run fuzz -- [--target ${targets.map(({ name }) => name).join('|')}|all] [--inputs n] [--seed n]
  --inputs  in all; of all targets each gets its share
  --guided  so many of a target's inputs are guided by coverage, at the beginning; an eighth, at most 50,000
  --out     where reports and broken inputs go`;

if (values.help) console.log(usage);
else process.exitCode = (await runAll()) ? 0 : 1;

async function runAll(): Promise<boolean> {
  const chosen = targets.filter(
    ({ name }) => values.target === 'all' || values.target.split(',').includes(name),
  );
  if (chosen.length === 0) throw new Error(usage);
  mkdirSync(values.out, { recursive: true });
  const whole = chosen.reduce((sum, { inputs }) => sum + inputs.share, 0);
  let sound = true;
  for (const target of chosen) {
    const report = await run(target, Math.ceil((Number(values.inputs) * target.inputs.share) / whole));
    writeFileSync(`${values.out}/${target.name}-${values.seed}.json`, `${JSON.stringify(report, null, 2)}\n`);
    console.log(lineOf(report));
    for (const { text } of report.crashes) console.log(text);
    sound &&= report.crashes.length === 0 && report.hangs.length === 0;
  }
  return sound;
}

/** One target, watched: an input that never comes to an end is written down before the process is ended. */
async function run(target: Target, inputs: number): Promise<FuzzReport> {
  const seed = Number(values.seed);
  const guided = Number(values.guided ?? Math.min(50_000, Math.ceil(inputs / 8)));
  const shared = { count: new SharedArrayBuffer(8), input: new SharedArrayBuffer(128 * 1024) };
  const [counts, current] = [new Int32Array(shared.count), new Uint8Array(shared.input)];
  const file = `${values.out}/${target.name}-${seed}.hang`;
  const watchdog = new Worker(new URL('./watchdog.mjs', import.meta.url), {
    workerData: { ...shared, file },
  });
  watchdog.unref();
  // Where everything waits for what never comes, nothing is left to do, and Node would end without a word.
  const endless = () => {
    writeFileSync(file, current.subarray(0, counts[1]));
    console.error(`${target.name}: an input never comes to an end: ${file}`);
    process.exit(1);
  };
  const foreign = (error: unknown) => {
    writeFileSync(file, current.subarray(0, counts[1]));
    console.error(`${target.name}: thrown where nobody catches it, at ${file}:`, error);
    process.exit(1);
  };
  process.on('beforeExit', endless).on('uncaughtException', foreign).on('unhandledRejection', foreign);
  const beforeEach = (input: Buffer) => {
    current.set(input.subarray(0, current.length));
    counts[1] = Math.min(input.length, current.length);
    Atomics.add(counts, 0, 1);
  };
  try {
    return await fuzz(target, { inputs, seed, guided, beforeEach });
  } finally {
    process.off('beforeExit', endless).off('uncaughtException', foreign).off('unhandledRejection', foreign);
    await watchdog.terminate();
  }
}

function lineOf(report: FuzzReport): string {
  const { target, seed, inputs, accepted, corpus, characters, cpuSeconds, inputsPerSecond } = report;
  const { slowestMs, heapGrowthMiB, crashes, hangs } = report;
  return [
    `${target}: ${inputs} inputs from seed ${seed}, ${accepted} accepted`,
    `${inputsPerSecond} a CPU second (${cpuSeconds} s)`,
    `corpus ${corpus}${characters === undefined ? '' : `, ${characters} characters of src reached`}`,
    `slowest ${slowestMs} ms, heap ${heapGrowthMiB >= 0 ? '+' : ''}${heapGrowthMiB} MiB`,
    `${crashes.length} crashes, ${hangs.length} hangs`,
  ].join('; ');
}
