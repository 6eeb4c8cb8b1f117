import type { Command } from 'commander';
import type { AskOptions } from '../ask.js';
import { globalOptions } from '../global-options.js';
import type { ListOptions } from '../ls.js';
import type { PeersOptions } from '../peers.js';
import { asJson, type End } from './end.js';

/** What there is, and who, and what is wrong: `ls`, `peers`, `status`, `metrics`, `doctor`. */
export function addFinding(program: Command, end: End): void {
  program
    .command('ls')
    .description('list the images of the peers')
    .argument('[pattern]', "only names like this, such as 'team/*'")
    .option('--outdated', 'only those of which an older one is here')
    .option('--missing', 'only those that are not here')
    .option('--from <peer>', 'only those of this peer: its name, or the first digits of its ID')
    .option(...asJson)
    .action(async (pattern: string | undefined, options: ListOptions, command: Command) =>
      end(await (await import('../ls.js')).ls(pattern, options, globalOptions(command))),
    );

  program
    .command('peers')
    .description('list the peers on this network')
    .option('--all', 'those too that were here since the agent started')
    .option(...asJson)
    .action(async (options: PeersOptions, command: Command) =>
      end(await (await import('../peers.js')).peers(options, globalOptions(command))),
    );

  program
    .command('status')
    .description('show how this device is')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('../status.js')).status(options, globalOptions(command))),
    );

  program
    .command('metrics')
    .description('print the agent in numbers, for Prometheus; or serve them on the loopback interface')
    .argument('[port]', 'serve them at this port of 127.0.0.1 from now on; off to serve them no more')
    .action(async (port: string | undefined, _options: object, command: Command) =>
      end(await (await import('../metrics.js')).metrics(port, globalOptions(command))),
    );

  program
    .command('doctor')
    .description('look for what is wrong, and say what to do')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('../doctor/doctor.js')).doctor(options, globalOptions(command))),
    );
}
