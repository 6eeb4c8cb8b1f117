import type { GetRequest, Operations } from '../control/api.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import { parseReference } from '../image/reference.js';
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
  readonly as?: string;
  /** The file, or true for the usual one. */
  readonly compose?: string | true;
  readonly profile: readonly string[];
  readonly orPull?: true;
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
    const requests = await requestsOf(images, options);
    const { operations } = await connect(globals);
    const presenter = presentGet(styleOf(options), outputs.output, outputs.errors);
    interruption.signal.addEventListener('abort', () => presenter.stopping());
    try {
      return await getAll(requests, operations, presenter, interruption.signal);
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

/** What is asked for: the images as typed, and those of a Compose file that are not here. Throws `USAGE`. */
async function requestsOf(images: readonly string[], options: GetOptions): Promise<GetRequest[]> {
  const { compose, from, platform, id, as, orPull, dryRun } = options;
  const usage = (message: string) => new P2pimgError('USAGE', message, { try: 'p2pimg get --help' });
  if (images.length === 0 && compose === undefined) throw usage('which image?');
  if (as !== undefined) {
    if (images.length !== 1 || compose !== undefined) throw usage('--as is for one image');
    if (parseReference(as).digest !== undefined) throw usage('--as gives a name and a tag, not a digest');
  }
  if (id !== undefined && compose !== undefined) throw usage('--id is for images that are typed');
  if (orPull && (from !== undefined || id !== undefined))
    throw usage('a registry has no --from and no --id: they do not go with --or-pull');
  const common = { from, orPull, dryRun };
  const typed = images.map((image) => ({ ...common, image, platform, id, as }));
  if (compose === undefined) return typed;
  const { readCompose } = await import('./compose-file.js');
  const composed = readCompose(compose === true ? undefined : compose, options.profile, process.env);
  return [
    ...typed,
    ...composed.map((one) => ({
      ...common,
      image: one.image,
      platform: platform ?? one.platform,
      ifMissing: true,
    })),
  ];
}

async function getAll(
  requests: readonly GetRequest[],
  operations: Operations,
  presenter: GetPresenter,
  signal: AbortSignal,
): Promise<number> {
  let exitCode: number = exitCodes.done;
  for (const request of requests) {
    if (signal.aborted) return exitCodes.interrupted;
    const failure = await getOne(request, operations, presenter, signal);
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
