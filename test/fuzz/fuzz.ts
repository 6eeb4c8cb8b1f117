import fc from 'fast-check';
import { Coverage } from './coverage.js';
import { collectedHeap } from './heap.js';
import { longestInput, mutate } from './mutate.js';
import { mutateJson } from './mutate-json.js';
import { Random } from './random.js';
import { crashText, isForeseen, type Target } from './target.js';

/** How to fuzz: how much, from which seed, and how large a part of it guided by what code it reaches. */
export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** So many inputs, at the beginning, are guided by coverage; 0 for none. */
  readonly guided: number;
  /** Told of every input before it is read, and of its place in the run. */
  readonly beforeEach?: ((input: Buffer, index: number) => void) | undefined;
}

/** An input that broke something, as it can be read again. */
export interface Crash {
  readonly input: string;
  readonly text: string;
}

/** What came of it. Seconds are of the processor where `cpu` says so. */
export interface FuzzReport {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly accepted: number;
  readonly corpus: number;
  readonly characters: number | undefined;
  readonly cpuSeconds: number;
  readonly inputsPerSecond: number;
  readonly slowestMs: number;
  readonly slowestInput: string;
  readonly heapGrowthMiB: number;
  readonly crashes: readonly Crash[];
  readonly hangs: readonly string[];
}

/** An input that takes longer than this, by the processor's own count, hangs. */
export const hangMs = 1_000;
const batch = 256;
const mostCrashes = 20;
const largestCorpus = 4_000;

/** Feeds a target with inputs: valid ones, such by its grammar, and what mutation makes of all of them. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzReport> {
  const run = new Run(target, options);
  try {
    return await run.all();
  } finally {
    await target.close?.();
  }
}

class Run {
  readonly #target: Target;
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #words: readonly Buffer[];
  readonly #crashes = new Map<string, Crash>();
  readonly #hangs: string[] = [];
  #corpus: Buffer[] = [];
  #fresh: Buffer[] = [];
  #freshSeed: number;
  #accepted = 0;
  #slowest: { readonly ms: number; readonly input: Buffer } = { ms: 0, input: Buffer.alloc(0) };

  constructor(target: Target, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#freshSeed = options.seed;
    this.#words = target.words.map((word) => Buffer.from(word, 'latin1'));
  }

  async all(): Promise<FuzzReport> {
    const { inputs, seed, guided } = this.#options;
    this.#corpus = [...(await this.#target.seeds())];
    const coverage = guided > 0 ? new Coverage() : undefined;
    await coverage?.start();
    for (const [index, input] of this.#corpus.entries()) await this.#read(input, index);
    await coverage?.take();
    this.#accepted = 0;
    let heap: number | undefined;
    const cpu = process.cpuUsage();
    for (let done = 0; done < inputs; ) {
      const made = Array.from({ length: Math.min(batch, inputs - done) }, () => this.#make());
      for (const [place, input] of made.entries()) await this.#read(input, done + place);
      if (coverage !== undefined && done < guided) {
        if ((await coverage.look()) > 0) await this.#keep(made, coverage);
        if (done + made.length >= Math.min(guided, inputs)) await coverage.stop();
      }
      done += made.length;
      // The first fifth fills caches and compiles.
      if (heap === undefined && done >= inputs / 5) heap = await collectedHeap();
    }
    const used = process.cpuUsage(cpu);
    const cpuSeconds = (used.user + used.system) / 1e6;
    return {
      target: this.#target.name,
      seed,
      inputs,
      accepted: this.#accepted,
      corpus: this.#corpus.length,
      characters: coverage?.characters,
      cpuSeconds: Math.round(cpuSeconds * 10) / 10,
      inputsPerSecond: Math.round(inputs / cpuSeconds),
      slowestMs: Math.round(this.#slowest.ms * 10) / 10,
      slowestInput: this.#slowest.input.toString('base64').slice(0, 4096),
      heapGrowthMiB: Math.round(((await collectedHeap()) - (heap ?? 0)) / 1024 / 102.4) / 10,
      crashes: [...this.#crashes.values()],
      hangs: this.#hangs,
    };
  }

  /** Keeps those inputs that reach what none before them did, found by halves: in most batches it is one or two. */
  async #keep(made: readonly Buffer[], coverage: Coverage): Promise<void> {
    for (const input of made) await this.#once(input);
    const fresh = made.length === 1 ? await coverage.take() : await coverage.look();
    const [only] = made;
    if (fresh === 0 || only === undefined) return;
    if (made.length > 1) {
      await this.#keep(made.slice(0, made.length / 2), coverage);
      await this.#keep(made.slice(made.length / 2), coverage);
    } else {
      if (this.#corpus.length >= largestCorpus) this.#corpus.splice(this.#random.below(largestCorpus), 1);
      this.#corpus.push(only);
    }
  }

  #make(): Buffer {
    const { grammar, form, mend } = this.#target;
    const random = this.#random;
    if (grammar !== undefined && random.onceIn(8)) return this.#byGrammar(grammar);
    const input = random.of(this.#corpus);
    if (form === 'json' && random.onceIn(2)) {
      const mutated = mutateJson(input.toString('utf8'), random);
      if (mutated !== undefined && mutated.length <= longestInput) return Buffer.from(mutated);
    }
    const mutated = mutate(input, random.of(this.#corpus), this.#words, random);
    return mend !== undefined && !random.onceIn(4) ? mend(mutated) : mutated;
  }

  #byGrammar(grammar: fc.Arbitrary<Buffer>): Buffer {
    if (this.#fresh.length === 0) {
      this.#freshSeed += 1;
      this.#fresh = fc.sample(grammar, { numRuns: batch, seed: this.#freshSeed });
    }
    return this.#fresh.pop() ?? Buffer.alloc(0);
  }

  async #read(input: Buffer, index: number): Promise<void> {
    this.#options.beforeEach?.(input, index);
    const start = performance.now();
    if (await this.#once(input)) this.#accepted += 1;
    const ms = performance.now() - start;
    if (ms <= this.#slowest.ms) return;
    // A machine that does something else is slow too: the best of three is the input's own.
    const again = [await this.#timed(input), await this.#timed(input)];
    const own = Math.min(ms, ...again);
    if (own > this.#slowest.ms) this.#slowest = { ms: own, input };
    if (own > hangMs && this.#hangs.length < mostCrashes) this.#hangs.push(input.toString('base64'));
  }

  async #timed(input: Buffer): Promise<number> {
    const start = performance.now();
    await this.#once(input);
    return performance.now() - start;
  }

  /** Whether an input was read without a complaint. */
  async #once(input: Buffer): Promise<boolean> {
    try {
      const reading = this.#target.read(input);
      if (reading !== undefined) await reading;
      return true;
    } catch (error) {
      if (isForeseen(error)) return false;
      const text = crashText(error);
      const kind = text.split('\n').slice(0, 3).join('\n');
      if (this.#crashes.has(kind) || this.#crashes.size >= mostCrashes) return false;
      this.#crashes.set(kind, { input: input.toString('base64'), text });
      return false;
    }
  }
}
