import type { Origin } from '../agent/load.js';
import { P2pimgError } from '../error.js';
import { deviceOptions } from './connect.js';
import { exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { onTheWay, type WayOptions } from './way.js';

/** The options of `p2pimg load`. */
export interface LoadOptions extends WayOptions {
  readonly input: string;
}

/** `p2pimg load`: all images of an archive into this machine's engine; resolves to the exit code. */
export function load(options: LoadOptions, globals: GlobalOptions): Promise<number> {
  return onTheWay(options, async (presenter, signal) => {
    const isPipe = options.input === '-';
    if (isPipe && process.stdin.isTTY)
      throw new P2pimgError('USAGE', 'there is no archive to load', {
        try: '-i file.tar, or a pipe before it',
      });
    const origin: Origin = isPipe
      ? { type: 'stream', stream: process.stdin }
      : { type: 'file', file: options.input };
    const { loadFile } = await import('../agent/load.js');
    await loadFile(
      { origin, platform: options.platform },
      deviceOptions(globals),
      (event) => presenter.event(event),
      signal,
    );
    return exitCodes.done;
  });
}
