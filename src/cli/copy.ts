import { asP2pimgError } from '../error.js';
import { parseSelector } from '../image/selector.js';
import { deviceOptions } from './connect.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { onTheWay, type WayOptions } from './way.js';

/** The options of `p2pimg copy`. */
export interface CopyOptions extends WayOptions {
  readonly from?: string;
  readonly to?: string;
}

/** `p2pimg copy`: the images one after the other, all tried; resolves to the exit code, the first failure's. */
export function copy(
  images: readonly string[],
  options: CopyOptions,
  globals: GlobalOptions,
): Promise<number> {
  return onTheWay(options, async (presenter, signal) => {
    for (const image of images) parseSelector(image);
    const { Copier } = await import('../agent/copy.js');
    const copier = await Copier.open(options, deviceOptions(globals));
    let exitCode: number = exitCodes.done;
    try {
      for (const image of images) {
        try {
          await copier.copy(image, (event) => presenter.event(event), signal);
        } catch (error) {
          if (signal.aborted) throw error;
          const known = asP2pimgError(error).with({ image });
          presenter.failed(known);
          if (exitCode === exitCodes.done) exitCode = exitCodeOf(known.code);
        }
      }
    } finally {
      await copier.close();
    }
    return exitCode;
  });
}
