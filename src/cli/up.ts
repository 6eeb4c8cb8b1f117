import path from 'node:path';
import type { Closable, Operations } from '../control/api.js';
import { connectControl } from '../control/client.js';
import { paths } from '../control/paths.js';
import { P2pimgError } from '../error.js';
import { agentCommand } from '../service/agent-command.js';
import { startInBackground } from '../service/background.js';
import { findService } from '../service/find.js';
import type { AskOptions } from './ask.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { type GlobalOptions, globalWords } from './global-options.js';
import { readInvite } from './invite.js';
import { standardOutputs, tellFailure, writeLines } from './outputs.js';
import { jsonLine } from './present/clean.js';
import { type UpReport, upLines } from './present/up.js';
import { installService } from './service.js';

/** The options of `p2pimg up`. */
export interface UpOptions extends AskOptions {
  /** False with `--no-service`. */
  readonly service: boolean;
  readonly replace?: true;
}

/** `p2pimg up`: from nothing to an agent that shares with its team; resolves to the exit code. */
export async function up(
  given: string | undefined,
  options: UpOptions,
  globals: GlobalOptions,
): Promise<number> {
  const outputs = standardOutputs();
  try {
    const invite = given === undefined ? undefined : await readInvite(given);
    const { socket } = paths(process.env);
    const how = await ensureAgent(options, globals);
    const agent = await connectControl(socket);
    if (agent === undefined) throw new P2pimgError('UNEXPECTED', 'the agent is gone', { agent: 'lost' });
    const report = await enterTeam(agent, how, invite, options.replace ?? false);
    if (options.json) outputs.output.write(`${jsonLine(report)}\n`);
    else writeLines(upLines(report, outputs.output), outputs.output);
    return engineExit(report, options, outputs);
  } catch (error) {
    return tellFailure(error, options, outputs);
  }
}

async function ensureAgent({ service }: UpOptions, globals: GlobalOptions): Promise<UpReport['agent']> {
  const { socket, state } = paths(process.env);
  const answers = async () => (await connectControl(socket)) !== undefined;
  if (await answers()) return 'running';
  if (!service) {
    const command = agentCommand(['agent', ...globalWords(globals)]);
    await startInBackground(command, path.join(state, 'agent.log'), answers);
    return 'background';
  }
  const found = await findService(process.env).catch((error: unknown) => {
    throw error instanceof P2pimgError
      ? error.with({ try: 'p2pimg up --no-service, which starts the agent in the background for now' })
      : error;
  });
  await installService(found, globals);
  return 'service';
}

/** A team that the agent made for itself at its start is left for the invite's; any other only with `--replace`. */
async function enterTeam(
  agent: Operations & Closable,
  how: UpReport['agent'],
  invite: string | undefined,
  replace: boolean,
): Promise<UpReport> {
  if (invite !== undefined) await agent.joinTeam(invite, replace);
  else if ((await agent.status()).team === undefined) await agent.createTeam(false);
  return {
    agent: how,
    status: await agent.status(),
    team: await agent.showTeam(),
    joined: invite !== undefined,
  };
}

/** An agent without an engine runs, and waits for one; but its person should know. */
function engineExit(
  { status: { engine } }: UpReport,
  { json }: UpOptions,
  outputs: ReturnType<typeof standardOutputs>,
): number {
  if (engine.state === 'up') return exitCodes.done;
  const { address, reason } = engine;
  if (json) return exitCodeOf('ENGINE_UNREACHABLE');
  return tellFailure(new P2pimgError('ENGINE_UNREACHABLE', reason, { address, reason }), {}, outputs);
}
