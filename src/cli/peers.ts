import { type AskOptions, askAndShow } from './ask.js';
import type { GlobalOptions } from './global-options.js';
import { peersLines } from './present/peers.js';

/** The options of `p2pimg peers`. */
export interface PeersOptions extends AskOptions {
  readonly all?: true;
}

/** `p2pimg peers`: who is on this network; resolves to the exit code. */
export function peers(options: PeersOptions, globals: GlobalOptions): Promise<number> {
  return askAndShow(
    options,
    globals,
    (operations) => operations.peers(),
    (report, terminal) => peersLines(options.all ? report : { ...report, gone: [] }, terminal),
  );
}
