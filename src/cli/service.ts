import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connectControl } from '../control/client.js';
import { paths } from '../control/paths.js';
import { P2pimgError } from '../error.js';
import { agentCommand } from '../service/agent-command.js';
import { findService } from '../service/find.js';
import type { Service } from '../service/port.js';
import type { AskOptions } from './ask.js';
import { exitCodes } from './exit-codes.js';
import { type GlobalOptions, globalWords } from './global-options.js';
import { standardOutputs, tellFailure, writeLines } from './outputs.js';
import { jsonLine } from './present/clean.js';
import { type ServiceDeed, serviceLines } from './present/service.js';

/** The options of `service logs`. */
export interface LogsOptions {
  readonly lines: number;
  readonly follow?: true;
}

/** `p2pimg service install|uninstall|start|stop|status`; resolves to the exit code. */
export async function service(
  deed: ServiceDeed,
  options: AskOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  try {
    const found = await findService(process.env);
    await act(found, deed, globals);
    const status = await found.status();
    if (options.json) outputs.output.write(`${jsonLine(status)}\n`);
    else writeLines(serviceLines(deed, status, outputs.output), outputs.output);
    return exitCodes.done;
  } catch (error) {
    return tellFailure(error, options, outputs);
  }
}

/** Installs the service with what the command was given, and starts it; throws `AGENT_RUNNING` for another's agent. */
export async function installService(found: Service, globals: GlobalOptions): Promise<void> {
  await refuseBesideAnother(found);
  await found.install(agentCommand(['agent', ...globalWords(globals)]));
}

/** `p2pimg service logs`: as the service manager shows them; resolves to the exit code. */
export async function serviceLogs({ lines, follow }: LogsOptions): Promise<number> {
  const outputs = standardOutputs();
  try {
    const command = (await findService(process.env)).logs(lines, follow ?? false);
    if (command === undefined)
      throw new P2pimgError('SERVICE_FAILED', 'no log', { reason: 'this service keeps no log' });
    const [program = '', ...args] = command;
    const [code] = (await once(spawn(program, args, { stdio: 'inherit' }), 'exit')) as [number | null];
    return code ?? exitCodes.interrupted;
  } catch (error) {
    return tellFailure(error, {}, outputs);
  }
}

async function act(found: Service, deed: ServiceDeed, globals: GlobalOptions): Promise<void> {
  switch (deed) {
    case 'install':
      return installService(found, globals);
    case 'uninstall':
      return found.uninstall();
    case 'start':
      await refuseBesideAnother(found);
      return found.start();
    case 'stop':
      return found.stop();
    case 'status':
      return;
  }
}

/** Two agents of one device cannot be; the service would end at once. */
async function refuseBesideAnother(found: Service): Promise<void> {
  const { state } = await found.status();
  if (state === 'running' || state === 'starting') return;
  const { socket } = paths(process.env);
  const other = await connectControl(socket);
  if (other !== undefined) throw new P2pimgError('AGENT_RUNNING', 'an agent is running already', { socket });
}
