import { P2pimgError } from '../error.js';
import { connect } from './connect.js';
import { exitCodes } from './exit-codes.js';
import { forAgent, type GlobalOptions } from './global-options.js';
import { standardOutputs, tellFailure, writeLines } from './outputs.js';

/** `p2pimg metrics`: prints the agent's metrics, or says where they are served from now on; resolves to the exit code. */
export async function metrics(given: string | undefined, globals: GlobalOptions): Promise<number> {
  const outputs = standardOutputs();
  try {
    const port = portOf(given);
    const { operations } = await connect(forAgent(globals));
    try {
      if (given === undefined) outputs.output.write(await operations.metrics());
      else {
        await operations.changeSettings({ type: 'metrics', port });
        const where = port === undefined ? 'are served no more' : `are at http://127.0.0.1:${port}/metrics`;
        writeLines([`the agent's metrics ${where}`], outputs.output);
      }
    } finally {
      await operations.close();
    }
    return exitCodes.done;
  } catch (error) {
    return tellFailure(error, {}, outputs);
  }
}

/** A port is 1–65535; `off` is none. Throws `USAGE`. */
function portOf(given: string | undefined): number | undefined {
  if (given === undefined || given === 'off') return undefined;
  if (/^[1-9]\d{0,4}$/.test(given) && Number(given) <= 65_535) return Number(given);
  throw new P2pimgError('USAGE', `"${given}" is no port`, { try: 'p2pimg metrics 9464, or off' });
}
