import { Session } from 'node:inspector/promises';

/** As V8 tells it: the functions of a script, each with nested ranges and how often they ran. */
interface Covered {
  readonly scriptId: string;
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[];
  }[];
}

/** Which characters of our own source have run so far, by V8's block coverage. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Map<string, Uint8Array>();
  #characters = 0;

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Of our source's characters, how many have run since `start`. */
  get characters(): number {
    return this.#characters;
  }

  /** How many characters ran, since the last look or take, that never ran before a take. */
  look(): Promise<number> {
    return this.#compare((before, at) => before[at] !== 1);
  }

  /** The same, and from now on they have run. */
  async take(): Promise<number> {
    const fresh = await this.#compare((before, at) => {
      const isFresh = before[at] !== 1;
      before[at] = 1;
      return isFresh;
    });
    this.#characters += fresh;
    return fresh;
  }

  async #compare(isFresh: (before: Uint8Array, at: number) => boolean): Promise<number> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    let fresh = 0;
    for (const script of result as unknown as Covered[]) {
      if (!/\/src\/[^?]*\.ts/.test(script.url)) continue;
      const ran = painted(script);
      // What V8 tells of a script ends with its last function that was compiled.
      let before = this.#seen.get(script.scriptId) ?? new Uint8Array(0);
      if (before.length < ran.length) {
        const longer = new Uint8Array(ran.length);
        longer.set(before);
        before = longer;
        this.#seen.set(script.scriptId, before);
      }
      for (let at = 0; at < ran.length; at += 1) if (ran[at] === 1 && isFresh(before, at)) fresh += 1;
    }
    return fresh;
  }

  async stop(): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage');
    await this.#session.post('Profiler.disable');
    this.#session.disconnect();
  }
}

/** A script's characters: 1 for what ran. */
function painted({ functions }: Covered): Uint8Array {
  const ranges = functions.flatMap((one) => one.ranges);
  const ran = new Uint8Array(ranges.reduce((end, { endOffset }) => Math.max(end, endOffset), 0));
  // The outer ranges first: what is further in is painted over them.
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset);
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
