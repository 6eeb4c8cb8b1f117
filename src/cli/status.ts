import { type AskOptions, askAndShow } from './ask.js';
import type { GlobalOptions } from './global-options.js';
import { statusLines } from './present/status.js';

/** `p2pimg status`: how this device is; resolves to the exit code. */
export function status(options: AskOptions, globals: GlobalOptions): Promise<number> {
  return askAndShow(
    options,
    globals,
    (operations) => operations.status(),
    (report, terminal) => statusLines(report, terminal, Date.now()),
  );
}
