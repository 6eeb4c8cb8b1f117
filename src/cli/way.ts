import { asP2pimgError } from '../error.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { Interruption } from './interruption.js';
import { type Outputs, standardOutputs } from './outputs.js';
import { presentWay } from './present/present-way.js';
import type { WayPresenter } from './present/way.js';

/** The options that `save`, `load` and `copy` have in common. */
export interface WayOptions {
  readonly platform?: string;
  readonly quiet?: true;
  readonly json?: true;
}

/** Does such a command's work, and shows it; resolves to the exit code. What a pipe carries is not mixed with words. */
export async function onTheWay(
  { quiet, json }: WayOptions,
  work: (presenter: WayPresenter, signal: AbortSignal) => Promise<number>,
  outputs: Outputs = standardOutputs(),
): Promise<number> {
  const interruption = new Interruption();
  // a reader that goes away ends the process in the middle
  process.exitCode = exitCodes.interrupted;
  const presenter = presentWay(json ? 'json' : quiet ? 'quiet' : 'moments', outputs.output, outputs.errors);
  interruption.signal.addEventListener('abort', () => presenter.stopping());
  try {
    return await work(presenter, interruption.signal);
  } catch (error) {
    const known = interruption.signal.aborted ? interrupted(error) : asP2pimgError(error);
    presenter.failed(known);
    return exitCodeOf(known.code);
  } finally {
    presenter.close();
    interruption.close();
  }
}

/** After a Ctrl-C, whatever broke in consequence. */
function interrupted(error: unknown) {
  const known = asP2pimgError(error);
  return known.code === 'INTERRUPTED' ? known : asP2pimgError(new DOMException('interrupted', 'AbortError'));
}
