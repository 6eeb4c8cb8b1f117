import { type AskOptions, askAndShow } from './ask.js';
import type { GlobalOptions } from './global-options.js';
import { listLines } from './present/list.js';
import { type RowFilter, selectRows } from './select-rows.js';

/** The options of `p2pimg ls`. */
export interface ListOptions extends AskOptions, RowFilter {}

/** `p2pimg ls`: what the peers have, and whether it is here; resolves to the exit code. */
export function ls(
  pattern: string | undefined,
  options: ListOptions,
  globals: GlobalOptions,
): Promise<number> {
  return askAndShow(
    options,
    globals,
    async (operations) => selectRows(await operations.list(), { ...options, pattern }),
    (report, terminal) => listLines(report, pattern, terminal),
  );
}
