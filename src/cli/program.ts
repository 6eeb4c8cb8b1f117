import { Command, type CommanderError } from 'commander';
import { version } from '../version.js';
import { addFinding } from './commands/finding.js';
import { addGet } from './commands/get.js';
import { addRunning } from './commands/running.js';
import { addSending } from './commands/sending.js';
import { addSharing } from './commands/sharing.js';
import { addTeam } from './commands/team.js';
import { addWays } from './commands/ways.js';
import { addGlobalOptions } from './global-options.js';

/** The command line: its commands and options. What a command does is imported when it is called; `end` takes its exit code. */
export function makeProgram(end: (exitCode: number) => void): Command {
  const program = addGlobalOptions(new Command('p2pimg'))
    .description('Container images between workstations, with no registry.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(usageFailure(text)) })
    .configureHelp({ showGlobalOptions: true });

  addGet(program, end);
  addFinding(program, end);
  addSending(program, end);
  addTeam(program, end);
  addSharing(program, end);
  addRunning(program, end);
  addWays(program, end);
  return program;
}

/** Whether commander ended because it showed what was asked for, rather than over a mistake. */
export function isAnswered({ code }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || code === 'commander.version';
}

function usageFailure(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return `p2pimg: ${message}\n  try       p2pimg --help\n`;
}
