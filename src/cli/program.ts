import { Command, type CommanderError } from 'commander';
import { version } from '../version.js';
import type { AgentCommandOptions } from './agent.js';
import type { AskOptions } from './ask.js';
import type { GetOptions } from './get.js';
import { addGlobalOptions, globalOptions, parseCount, parsePort } from './global-options.js';
import type { ListOptions } from './ls.js';
import type { PeersOptions } from './peers.js';
import type { LogsOptions } from './service.js';
import type { ShareOptions } from './settings.js';
import type { EnterOptions } from './team.js';
import type { UpOptions } from './up.js';

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
    .argument('[image...]', 'names or IDs, one after the other')
    .option('--from <peer>', 'only from this peer: its name, or the first digits of its ID')
    .option('--platform <os/arch>', "for this platform; the engine's own by default")
    .option('--id <digits>', 'of several images under one name, the one whose ID begins so')
    .option('--as <name>', 'the name that it gets here')
    .option(
      '--compose [file]',
      "all that a Compose file names and that is not here; by default this folder's",
    )
    .option('--profile <name>', 'with --compose: this profile too (repeatable)', collect, [])
    .option('--or-pull', 'where nobody has it, let the engine pull it from its registry')
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
    .option('--outdated', 'only those of which an older one is here')
    .option('--missing', 'only those that are not here')
    .option('--from <peer>', 'only those of this peer: its name, or the first digits of its ID')
    .option(...asJson)
    .action(async (pattern: string | undefined, options: ListOptions, command: Command) =>
      end(await (await import('./ls.js')).ls(pattern, options, globalOptions(command))),
    );

  program
    .command('peers')
    .description('list the peers on this network')
    .option('--all', 'those too that were here since the agent started')
    .option(...asJson)
    .action(async (options: PeersOptions, command: Command) =>
      end(await (await import('./peers.js')).peers(options, globalOptions(command))),
    );

  program
    .command('status')
    .description('show how this device is')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('./status.js')).status(options, globalOptions(command))),
    );

  addTeam(program, end);

  program
    .command('agent')
    .description('share and find images, in the foreground, until Ctrl-C')
    .option('--name <name>', "this device's name among its peers; the machine's own by default")
    .option('--port <port>', 'port to listen on; 0 for any', parsePort)
    .action(async (options: AgentCommandOptions, command: Command) =>
      end(await (await import('./agent.js')).agent(options, globalOptions(command))),
    );
  program
    .command('up')
    .description('from nothing to sharing: start the agent as a service, and make or join a team')
    .argument('[invite]', "a colleague's invite; - asks for it, or reads it from standard input")
    .option('--no-service', 'start the agent in the background, for now only')
    .option('--replace', 'leave the team that this device is in')
    .option(...asJson)
    .action(async (invite: string | undefined, options: UpOptions, command: Command) =>
      end(await (await import('./up.js')).up(invite, options, globalOptions(command))),
    );
  addSettings(program, end);
  addService(program, end);
  return program;
}

function addSettings(program: Command, end: (exitCode: number) => void): void {
  program
    .command('share')
    .description('let the team have images; all that have a name, by default')
    .argument('[pattern...]', "names like this, such as 'team/*'; '<none>' are those without a name")
    .option('--list', 'show what is shared, and by which rules')
    .option(...asJson)
    .action(async (patterns: string[], options: ShareOptions, command: Command) =>
      end(await (await import('./settings.js')).share('share', patterns, options, globalOptions(command))),
    );
  program
    .command('hide')
    .description('keep images from the team: they are not listed, not advertised, and not given')
    .argument('<pattern...>', "names like this, such as 'secret/*'")
    .option(...asJson)
    .action(async (patterns: string[], options: ShareOptions, command: Command) =>
      end(await (await import('./settings.js')).share('hide', patterns, options, globalOptions(command))),
    );
  for (const [deed, description] of [
    ['pause', 'share nothing until `resume`; what is being given is given to its end'],
    ['resume', 'share again'],
  ] as const)
    program
      .command(deed)
      .description(description)
      .option(...asJson)
      .action(async (options: AskOptions, command: Command) =>
        end(await (await import('./settings.js')).pause(deed, options, globalOptions(command))),
      );
  program
    .command('limit')
    .description('show or set how fast images may go, and how many at once')
    .argument('[what]', 'up, down or uploads')
    .argument('[value]', '30MB/s, 100Mbit/s or off; for uploads a number')
    .option(...asJson)
    .action(
      async (what: string | undefined, value: string | undefined, options: AskOptions, command: Command) =>
        end(await (await import('./settings.js')).limit(what, value, options, globalOptions(command))),
    );
}

function addService(program: Command, end: (exitCode: number) => void): void {
  const service = program
    .command('service')
    .description('have the agent run in the background, from login on');
  const deeds = {
    install: 'write, enable and start the service; what it is given, the agent is started with',
    uninstall: 'stop the service, and take away all that install made',
    start: 'start it',
    stop: 'stop it, until the next login',
    status: 'show how it is',
  } as const;
  for (const deed of Object.keys(deeds) as (keyof typeof deeds)[])
    service
      .command(deed)
      .description(deeds[deed])
      .option(...asJson)
      .action(async (options: AskOptions, command: Command) =>
        end(await (await import('./service.js')).service(deed, options, globalOptions(command))),
      );
  service
    .command('logs')
    .description('show what the agent logged')
    .option('-n, --lines <number>', 'the last so many lines', parseCount, 100)
    .option('-f, --follow', 'and what comes, until Ctrl-C')
    .action(async (options: LogsOptions) => end(await (await import('./service.js')).serviceLogs(options)));
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

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Whether commander ended because it showed what was asked for, rather than over a mistake. */
export function isAnswered({ code }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || code === 'commander.version';
}

function usageFailure(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return `p2pimg: ${message}\n  try       p2pimg --help\n`;
}
