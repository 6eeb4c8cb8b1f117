import { Command, type CommanderError } from 'commander';
import { version } from '../version.js';
import type { AgentCommandOptions } from './agent.js';
import type { AskOptions } from './ask.js';
import type { GetOptions } from './get.js';
import { addGlobalOptions, globalOptions, parsePort } from './global-options.js';
import type { EnterOptions } from './team.js';
import { addWays } from './ways.js';

const asJson = ['--json', 'print JSON, for programs'] as const;

/** The command line: its commands and options. What a command does is imported when it is called; `end` takes its exit code. */
export function makeProgram(end: (exitCode: number) => void): Command {
  const program = addGlobalOptions(new Command('p2pimg'))
    .description('Container images between workstations, with no registry.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(usageFailure(text)) })
    .configureHelp({ showGlobalOptions: true });

  program
    .command('get')
    .description('get images from the peers that have them')
    .argument('<image...>', 'names or IDs, one after the other')
    .option('--from <peer>', 'only from this peer: its name, or the first digits of its ID')
    .option('--platform <os/arch>', "for this platform; the engine's own by default")
    .option('--id <digits>', 'of several images under one name, the one whose ID begins so')
    .option('--dry-run', 'say what would come, and stop')
    .option('-q, --quiet', 'print only the name and digest of what is here then')
    .option('--json', 'print each event as one JSON object, for programs')
    .action(async (images: string[], options: GetOptions, command: Command) =>
      end(await (await import('./get.js')).get(images, options, globalOptions(command))),
    );

  program
    .command('ls')
    .description('list the images of the peers')
    .argument('[pattern]', "only names like this, such as 'team/*'")
    .option(...asJson)
    .action(async (pattern: string | undefined, options: AskOptions, command: Command) =>
      end(await (await import('./ls.js')).ls(pattern, options, globalOptions(command))),
    );

  program
    .command('peers')
    .description('list the peers on this network')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('./peers.js')).peers(options, globalOptions(command))),
    );

  program
    .command('status')
    .description('show how this device is')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('./status.js')).status(options, globalOptions(command))),
    );

  addWays(program, end);
  addTeam(program, end);

  program
    .command('agent')
    .description('share and find images, in the foreground, until Ctrl-C')
    .option('--name <name>', "this device's name among its peers; the machine's own by default")
    .option('--port <port>', 'port to listen on; 0 for any', parsePort)
    .option('--archives <folder>', 'share the archives in this folder, in place of an engine')
    .action(async (options: AgentCommandOptions, command: Command) =>
      end(await (await import('./agent.js')).agent(options, globalOptions(command))),
    );
  return program;
}

function addTeam(program: Command, end: (exitCode: number) => void): void {
  const team = program.command('team').description('make, join, show or leave the team that shares images');
  const replace = ['--replace', 'leave the team that this device is in'] as const;

  team
    .command('create')
    .description('make a team, and show what a colleague types to join')
    .option(...replace)
    .option(...asJson)
    .action(async (options: EnterOptions, command: Command) =>
      end(await (await import('./team.js')).teamCreate(options, globalOptions(command))),
    );
  team
    .command('join')
    .description("join a colleague's team")
    .argument('[invite]', 'the invite; - reads it from standard input; asked for by default')
    .option(...replace)
    .option(...asJson)
    .action(async (invite: string | undefined, options: EnterOptions, command: Command) =>
      end(await (await import('./team.js')).teamJoin(invite, options, globalOptions(command))),
    );
  team
    .command('show')
    .description("show the team and its invite, which is a key to the team's images")
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('./team.js')).teamShow(options, globalOptions(command))),
    );
  team
    .command('leave')
    .description('leave the team')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('./team.js')).teamLeave(options, globalOptions(command))),
    );
}

/** Whether commander ended because it showed what was asked for, rather than over a mistake. */
export function isAnswered({ code }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || code === 'commander.version';
}

function usageFailure(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return `p2pimg: ${message}\n  try       p2pimg --help\n`;
}
