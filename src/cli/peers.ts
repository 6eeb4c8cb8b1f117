import { type AskOptions, askAndShow } from './ask.js';
import type { GlobalOptions } from './global-options.js';
import { peersLines } from './present/peers.js';

/** `p2pimg peers`: who is on this network; resolves to the exit code. */
export function peers(options: AskOptions, globals: GlobalOptions): Promise<number> {
  return askAndShow(options, globals, (operations) => operations.peers(), peersLines);
}
