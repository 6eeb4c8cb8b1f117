import type { Arrival, ArrivalsReport } from '../control/sending.js';
import { type AskOptions, askAndShow } from './ask.js';
import { forAgent, type GlobalOptions } from './global-options.js';
import { answeredLine, arrivalsLines } from './present/arrivals.js';

/** `p2pimg accept`, `p2pimg refuse`: answers a colleague who sends an image, or lists what waits; resolves to the exit code. */
export function answerArrival(
  deed: 'accept' | 'refuse',
  which: string | undefined,
  options: AskOptions,
  globals: GlobalOptions,
): Promise<number> {
  return askAndShow<ArrivalsReport | Arrival>(
    options,
    forAgent(globals),
    (operations) => (which === undefined ? operations.arrivals() : operations.answer({ which, deed })),
    (report, terminal) =>
      'arrivals' in report
        ? arrivalsLines(report, terminal, Date.now())
        : [answeredLine(report, deed, terminal)],
  );
}
