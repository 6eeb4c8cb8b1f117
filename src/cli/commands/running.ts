import { type Command, Option } from 'commander';
import type { AgentCommandOptions } from '../agent.js';
import type { AskOptions } from '../ask.js';
import { globalOptions, parseCount, parsePort } from '../global-options.js';
import type { LogsOptions } from '../service.js';
import type { UpOptions } from '../up.js';
import { asJson, type End } from './end.js';

/** How the agent is run: `up`, `agent`, `service`. */
export function addRunning(program: Command, end: End): void {
  program
    .command('up')
    .description('from nothing to sharing: start the agent as a service, and make or join a team')
    .argument('[invite]', "a colleague's invite; - asks for it, or reads it from standard input")
    .option('--no-service', 'start the agent in the background, for now only')
    .option('--replace', 'leave the team that this device is in')
    .option(...asJson)
    .action(async (invite: string | undefined, options: UpOptions, command: Command) =>
      end(await (await import('../up.js')).up(invite, options, globalOptions(command))),
    );
  program
    .command('agent')
    .description('share and find images, in the foreground, until Ctrl-C')
    .option('--name <name>', "this device's name among its peers; the machine's own by default")
    .option('--port <port>', 'port to listen on; 0 for any', parsePort)
    .addOption(
      new Option('--log-level <level>', 'how much is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .env('P2PIMG_LOG_LEVEL')
        .default('info'),
    )
    .option('--archives <folder>', 'share the archives in this folder, in place of an engine')
    .action(async (options: AgentCommandOptions, command: Command) =>
      end(await (await import('../agent.js')).agent(options, globalOptions(command))),
    );
  addService(program, end);
}

function addService(program: Command, end: End): void {
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
        end(await (await import('../service.js')).service(deed, options, globalOptions(command))),
      );
  service
    .command('logs')
    .description('show what the agent logged')
    .option('-n, --lines <number>', 'the last so many lines', parseCount, 100)
    .option('-f, --follow', 'and what comes, until Ctrl-C')
    .action(async (options: LogsOptions) => end(await (await import('../service.js')).serviceLogs(options)));
}
