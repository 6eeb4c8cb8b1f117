import type { Target } from '../agent/save.js';
import { P2pimgError } from '../error.js';
import { compressionFor } from '../file/compression.js';
import { parseSelector } from '../image/selector.js';
import { deviceOptions } from './connect.js';
import { exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { standardOutputs } from './outputs.js';
import { onTheWay, type WayOptions } from './way.js';

/** The options of `p2pimg save`. */
export interface SaveOptions extends WayOptions {
  readonly output: string;
}

/** `p2pimg save`: images of this machine's engine into one archive; resolves to the exit code. */
export function save(
  images: readonly string[],
  options: SaveOptions,
  globals: GlobalOptions,
): Promise<number> {
  const { output, errors } = standardOutputs();
  const isPipe = options.output === '-';
  const outputs = isPipe ? { output: errors, errors } : { output, errors };
  return onTheWay(
    options,
    async (presenter, signal) => {
      for (const image of images) parseSelector(image);
      if (isPipe && process.stdout.isTTY)
        throw new P2pimgError('USAGE', 'an archive is nothing to look at', {
          try: '-o file.tar, or a pipe behind it',
        });
      const target: Target = isPipe
        ? { type: 'stream', stream: process.stdout }
        : { type: 'file', file: options.output };
      const compression = isPipe ? 'none' : compressionFor(options.output);
      const { saveImages } = await import('../agent/save.js');
      await saveImages(
        { images, target, compression, platform: options.platform },
        deviceOptions(globals),
        (event) => presenter.event(event),
        signal,
      );
      return exitCodes.done;
    },
    outputs,
  );
}
