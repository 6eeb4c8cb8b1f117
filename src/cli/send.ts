import { reportOf } from '../control/report.js';
import type { SendEvent, SendRequest } from '../control/sending.js';
import { asP2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import { parseSelector } from '../image/selector.js';
import { connect } from './connect.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { Interruption } from './interruption.js';
import { type Outputs, standardOutputs, tellFailure } from './outputs.js';
import { jsonLine } from './present/clean.js';
import { writeFailure } from './present/failure.js';
import type { SendPresenter } from './present/send-presenter.js';
import { SendScreen } from './present/send-screen.js';
import { SendText } from './present/send-text.js';
import { describeFailure } from './words.js';

/** The options of `p2pimg send`. */
export interface SendOptions {
  readonly platform?: string;
  readonly store?: true;
  readonly quiet?: true;
  readonly json?: true;
}

/** `p2pimg send`: one image to a colleague's device; resolves to the exit code. */
export async function send(
  image: string,
  peer: string,
  { platform, store, ...options }: SendOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  const interruption = new Interruption();
  // a reader that goes away, as in `| head -1`, ends the process in the middle
  process.exitCode = exitCodes.interrupted;
  try {
    parseSelector(image);
    if (platform !== undefined) parsePlatform(platform);
    const { operations } = await connect(globals);
    const presenter = presentSend(options, outputs);
    interruption.signal.addEventListener('abort', () => presenter.stopping());
    const request: SendRequest = { image, peer, platform, store };
    try {
      for await (const event of operations.send(request, interruption.signal)) presenter.event(event);
      return exitCodes.done;
    } catch (error) {
      const failure = asP2pimgError(error).with({ image, sendTo: peer });
      presenter.failed(failure);
      return exitCodeOf(failure.code);
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

function presentSend(
  { json, quiet }: Pick<SendOptions, 'json' | 'quiet'>,
  { output, errors }: Outputs,
): SendPresenter {
  if (json)
    return {
      event: (event) => output.write(`${jsonLine(event)}\n`),
      failed: (error) => output.write(`${jsonLine(reportOf(error))}\n`),
      stopping: () => undefined,
      close: () => undefined,
    };
  if (quiet)
    return {
      event: (event: SendEvent) => {
        if (event.type === 'done')
          output.write(`${output.symbols.text(event.image)} ${event.configDigest}\n`);
      },
      failed: (error) => writeFailure(describeFailure(error), errors),
      stopping: () => undefined,
      close: () => undefined,
    };
  return output.kind === 'screen' ? new SendScreen(output, errors) : new SendText(output, errors);
}
