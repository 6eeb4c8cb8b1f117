import type { GetRequest, Operations } from '../control/api.js';
import { asP2pimgError, type P2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import { parseSelector } from '../image/selector.js';
import { connect } from './connect.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { Interruption } from './interruption.js';
import { standardOutputs, tellFailure } from './outputs.js';
import { type GetStyle, presentGet } from './present/get.js';
import type { GetPresenter } from './present/get-presenter.js';

/** The options of `p2pimg get`. */
export interface GetOptions {
  readonly from?: string;
  readonly platform?: string;
  readonly id?: string;
  readonly dryRun?: true;
  readonly quiet?: true;
  readonly json?: true;
}

/** `p2pimg get`: the images one after the other, all tried; resolves to the exit code, the first failure's. */
export async function get(
  images: readonly string[],
  options: GetOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  const interruption = new Interruption();
  // a reader that goes away, as in `| head -1`, ends the process in the middle
  process.exitCode = exitCodes.interrupted;
  try {
    const { operations } = await connect(globals);
    const presenter = presentGet(styleOf(options), outputs.output, outputs.errors);
    interruption.signal.addEventListener('abort', () => presenter.stopping());
    try {
      return await getAll(images, options, operations, presenter, interruption.signal);
    } finally {
      await operations.close();
      presenter.close();
    }
  } catch (error) {
    return tellFailure(error, options, outputs);
  } finally {
    interruption.close();
  }
}

async function getAll(
  images: readonly string[],
  { from, platform, id, dryRun }: GetOptions,
  operations: Operations,
  presenter: GetPresenter,
  signal: AbortSignal,
): Promise<number> {
  let exitCode: number = exitCodes.done;
  for (const image of images) {
    if (signal.aborted) return exitCodes.interrupted;
    const failure = await getOne({ image, from, platform, id, dryRun }, operations, presenter, signal);
    if (failure === undefined) continue;
    presenter.failed(failure);
    if (exitCode === exitCodes.done) exitCode = exitCodeOf(failure.code);
  }
  return exitCode;
}

async function getOne(
  request: GetRequest,
  operations: Operations,
  presenter: GetPresenter,
  signal: AbortSignal,
): Promise<P2pimgError | undefined> {
  try {
    parseSelector(request.image);
    if (request.platform !== undefined) parsePlatform(request.platform);
    for await (const event of operations.get(request, signal)) presenter.event(event);
    return undefined;
  } catch (error) {
    return asP2pimgError(error).with({ image: request.image });
  }
}

function styleOf({ quiet, json }: GetOptions): GetStyle {
  if (json) return 'json';
  return quiet ? 'quiet' : 'moments';
}
