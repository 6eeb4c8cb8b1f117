import { paths } from '../control/paths.js';
import { checkExposure } from '../trust/exposure.js';
import { exitCodes } from './exit-codes.js';
import { standardOutputs, tellFailure } from './outputs.js';

/** Before a command: tells whether others can read this device's secrets; resolves to the exit code, 0 where all is well. */
export async function exposure(style: { readonly json?: true }): Promise<number> {
  try {
    await checkExposure(paths(process.env));
    return exitCodes.done;
  } catch (error) {
    return tellFailure(error, style, standardOutputs());
  }
}
