import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addCompletion } from './commands/completion.js';
import { addFinding } from './commands/finding.js';
import { addGet } from './commands/get.js';
import { addRunning } from './commands/running.js';
import { addSending } from './commands/sending.js';
import { addSharing } from './commands/sharing.js';
import { addTeam } from './commands/team.js';
import { addWays } from './commands/ways.js';
import { addExamples } from './examples.js';
import { exitCodes } from './exit-codes.js';
import { addGlobalOptions } from './global-options.js';

/** The command line: its commands and options. What a command does is imported when it is called; `end` takes its exit code. */
export function makeProgram(end: (exitCode: number) => void): Command {
  const program = addGlobalOptions(new Command('p2pimg'))
    .description('Container images between workstations, with no registry.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 20,
      subcommandTerm: (command) => command.name(),
    })
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
  addCompletion(program, end);
  addExamples(program);
  return program;
}

const refused = 'p2pimg.refused';

/** The exit code where the command line itself ended and said so: `undefined` for a mistake, which is still to be told. */
export function exitCodeOfEnd({ code, exitCode }: CommanderError): number | undefined {
  switch (code) {
    case refused:
      return exitCode;
    case 'commander.helpDisplayed':
    case 'commander.version':
      return exitCodes.done;
    case 'commander.help': // for want of a subcommand
      return exitCodes.usage;
    default:
      return undefined;
  }
}
