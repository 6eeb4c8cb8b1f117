import type { AgentNotice } from '../control/options.js';
import { P2pimgError } from '../error.js';
import type { Level } from '../log/line.js';
import { supervision } from '../service/notify.js';
import { deviceOptions } from './connect.js';
import { exitCodes } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import { Interruption } from './interruption.js';
import { openLog } from './open-log.js';
import { standardOutputs, tellFailure, writeLines } from './outputs.js';
import { noticeLines } from './present/notice.js';
import { noticeRecord } from './present/notice-record.js';

/** The options of `p2pimg agent`. */
export interface AgentCommandOptions {
  readonly name?: string;
  readonly port?: number;
  readonly archives?: string;
  readonly logLevel: Level;
}

/** `p2pimg agent`: runs until it is told to stop, which is a good end; resolves to the exit code. */
export async function agent(
  { name, port, archives, logLevel }: AgentCommandOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  const log = openLog(outputs.output, logLevel, process.env);
  const interruption = new Interruption();
  try {
    const { runAgent } = await import('../agent/run.js');
    const tell = (notice: AgentNotice) => {
      if (outputs.output.kind === 'screen') writeLines(noticeLines(notice, outputs.output), outputs.output);
      else log.write(...noticeRecord(notice));
      if (notice.type === 'ready') void supervised.ready(`listens on port ${notice.status.port}`);
      if (notice.type === 'stopping') stopping = supervised.stopping();
    };
    const supervised = supervision(process.env, (message) =>
      tell({ type: 'trouble', code: 'SERVICE_FAILED', message }),
    );
    let stopping: Promise<void> | undefined;
    try {
      const options = { ...deviceOptions(globals), name, port, archives, log, tell };
      await runAgent(options, interruption.signal);
    } finally {
      supervised.close();
      await stopping;
    }
    return exitCodes.done;
  } catch (error) {
    const isStop =
      interruption.signal.aborted && error instanceof P2pimgError && error.code === 'INTERRUPTED';
    return isStop ? exitCodes.done : tellFailure(error, {}, outputs);
  } finally {
    interruption.close();
  }
}
