import type { Operations } from '../control/api.js';
import type { WatchRequest } from '../control/watching.js';
import { asP2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import { connect } from './connect.js';
import { exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { Interruption } from './interruption.js';
import { type Outputs, standardOutputs, tellFailure } from './outputs.js';
import { jsonLine } from './present/clean.js';
import { WatchText } from './present/watch-text.js';

/** The options of `p2pimg watch`. */
export interface WatchOptions {
  readonly platform?: string;
  readonly once?: true;
  readonly onlyNew?: true;
  readonly json?: true;
}

/** `p2pimg watch`: until it is told to stop, which is a good end unless it waits for one image; resolves to the exit code. */
export async function watch(
  patterns: readonly string[],
  { platform, once, onlyNew, json }: WatchOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  const interruption = new Interruption();
  process.exitCode = exitCodes.interrupted;
  try {
    if (platform !== undefined) parsePlatform(platform);
    const { operations } = await connect(globals);
    try {
      await follow(operations, { patterns, platform, once, onlyNew }, json, outputs, interruption.signal);
      return exitCodes.done;
    } finally {
      await operations.close();
    }
  } catch (error) {
    const isStop = interruption.signal.aborted && asP2pimgError(error).code === 'INTERRUPTED';
    return isStop && !once ? exitCodes.done : tellFailure(error, { json }, outputs);
  } finally {
    interruption.close();
  }
}

async function follow(
  operations: Operations,
  request: WatchRequest,
  json: true | undefined,
  { output, errors }: Outputs,
  signal: AbortSignal,
): Promise<void> {
  const text = new WatchText(output, errors);
  for await (const event of operations.watch(request, signal)) {
    if (json) output.write(`${jsonLine(event)}\n`);
    else text.event(event);
  }
}
