import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addFinding } from './commands/finding.js';
import { addGet } from './commands/get.js';
import { addRunning } from './commands/running.js';
import { addSending } from './commands/sending.js';
import { addSharing } from './commands/sharing.js';
import { addTeam } from './commands/team.js';
import { addWays } from './commands/ways.js';
import { exitCodes } from './exit-codes.js';
import { addGlobalOptions } from './global-options.js';

/** The command line: its commands and options. What a command does is imported when it is called; `end` takes its exit code. */
export function makeProgram(end: (exitCode: number) => void): Command {
  const program = addGlobalOptions(new Command('p2pimg'))
    .description('Container images between workstations, with no registry.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(usageFailure(text)) })
    .configureHelp({ showGlobalOptions: true })
    .hook('preAction', async (_program, command) => {
      const code = await (await import('./exposure.js')).exposure(command.opts());
      if (code !== 0) throw new CommanderError(code, refused, '');
    });

  addGet(program, end);
  addFinding(program, end);
  addSending(program, end);
  addTeam(program, end);
  addSharing(program, end);
  addRunning(program, end);
  addWays(program, end);
  return program;
}

const refused = 'p2pimg.refused';

/** The exit code where the command line itself ended: it showed what was asked for, was refused, or there was a mistake. */
export function exitCodeOfEnd({ code, exitCode }: CommanderError): number {
  if (code === refused) return exitCode;
  return code === 'commander.helpDisplayed' || code === 'commander.version'
    ? exitCodes.done
    : exitCodes.usage;
}

function usageFailure(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return `p2pimg: ${message}\n  try       p2pimg --help\n`;
}
