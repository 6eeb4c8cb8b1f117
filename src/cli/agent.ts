import { P2pimgError } from '../error.js';
import { deviceOptions } from './connect.js';
import { exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { Interruption } from './interruption.js';
import { standardOutputs, tellFailure, writeLines } from './outputs.js';
import { noticeLines } from './present/notice.js';

/** The options of `p2pimg agent`. */
export interface AgentCommandOptions {
  readonly name?: string;
  readonly port?: number;
  readonly archives?: string;
}

/** `p2pimg agent`: runs until it is told to stop, which is a good end; resolves to the exit code. */
export async function agent(
  { name, port, archives }: AgentCommandOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  const interruption = new Interruption();
  try {
    const { runAgent } = await import('../agent/run.js');
    const tell = (notice: Parameters<typeof noticeLines>[0]) =>
      writeLines(noticeLines(notice, outputs.output), outputs.output);
    await runAgent({ ...deviceOptions(globals), name, port, archives, tell }, interruption.signal);
    return exitCodes.done;
  } catch (error) {
    const isStop =
      interruption.signal.aborted && error instanceof P2pimgError && error.code === 'INTERRUPTED';
    return isStop ? exitCodes.done : tellFailure(error, {}, outputs);
  } finally {
    interruption.close();
  }
}
