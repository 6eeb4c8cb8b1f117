import { type AskOptions, askAndShow } from './ask.js';
import { forAgent, type GlobalOptions } from './global-options.js';
import { parseGrace } from './grace.js';
import { readInvite } from './invite.js';
import { standardOutputs, tellFailure } from './outputs.js';
import { createdLines, joinedLines, leftLines, rotatedLines, teamLines } from './present/team.js';

/** The options of `team create` and `team join`. */
export interface EnterOptions extends AskOptions {
  readonly replace?: true;
}

/** The option of `team rotate` and `team join`. */
export interface GraceOptions extends AskOptions {
  readonly grace?: string;
}

/** `p2pimg team create`; resolves to the exit code. */
export function teamCreate(options: EnterOptions, globals: GlobalOptions): Promise<number> {
  return askAndShow(
    options,
    forAgent(globals),
    (agent) => agent.createTeam(options.replace ?? false),
    createdLines,
  );
}

/** `p2pimg team join`, with the invite as given, from standard input for `-`, or asked for; resolves to the exit code. */
export async function teamJoin(
  given: string | undefined,
  options: EnterOptions & GraceOptions,
  globals: GlobalOptions,
): Promise<number> {
  let invite: string;
  let grace: number;
  try {
    grace = parseGrace(options.grace);
    invite = await readInvite(given);
  } catch (error) {
    return tellFailure(error, options, standardOutputs());
  }
  return askAndShow(
    options,
    forAgent(globals),
    (agent) => agent.joinTeam(invite, options.replace ?? false, grace),
    joinedLines,
  );
}

/** `p2pimg team rotate`: a new secret, and a grace for the old one if it is asked for; resolves to the exit code. */
export async function teamRotate(options: GraceOptions, globals: GlobalOptions): Promise<number> {
  let grace: number;
  try {
    grace = parseGrace(options.grace);
  } catch (error) {
    return tellFailure(error, options, standardOutputs());
  }
  return askAndShow(options, forAgent(globals), (agent) => agent.rotateTeam(grace), rotatedLines);
}

/** `p2pimg team show`; resolves to the exit code. */
export function teamShow(options: AskOptions, globals: GlobalOptions): Promise<number> {
  return askAndShow(options, forAgent(globals), (agent) => agent.showTeam(), teamLines);
}

/** `p2pimg team leave`; resolves to the exit code. */
export function teamLeave(options: AskOptions, globals: GlobalOptions): Promise<number> {
  return askAndShow(
    options,
    forAgent(globals),
    async (agent) => {
      await agent.leaveTeam();
      return { team: null };
    },
    leftLines,
  );
}
