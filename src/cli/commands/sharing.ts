import { Argument, type Command } from 'commander';
import type { AskOptions } from '../ask.js';
import { globalOptions } from '../global-options.js';
import type { Limited, ShareOptions } from '../settings.js';
import { asJson, type End } from './end.js';

/** What the owner decides: `share`, `hide`, `pause`, `resume`, `limit`. */
export function addSharing(program: Command, end: End): void {
  program
    .command('share')
    .description('let the team have images; all that have a name, by default')
    .argument('[pattern...]', "names like this, such as 'team/*'; '<none>' are those without a name")
    .option('--list', 'show what is shared, and by which rules')
    .option(...asJson)
    .action(async (patterns: string[], options: ShareOptions, command: Command) =>
      end(await (await import('../settings.js')).share('share', patterns, options, globalOptions(command))),
    );
  program
    .command('hide')
    .description('keep images from the team: they are not listed, not advertised, and not given')
    .argument('<pattern...>', "names like this, such as 'secret/*'")
    .option(...asJson)
    .action(async (patterns: string[], options: ShareOptions, command: Command) =>
      end(await (await import('../settings.js')).share('hide', patterns, options, globalOptions(command))),
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
        end(await (await import('../settings.js')).pause(deed, options, globalOptions(command))),
      );
  program
    .command('limit')
    .description('show or set how fast images may go, and how many at once')
    .addArgument(new Argument('[what]', 'which limit').choices(['up', 'down', 'uploads']))
    .argument('[value]', '30MB/s, 100Mbit/s or off; for uploads a number')
    .option(...asJson)
    .action(
      async (what: Limited | undefined, value: string | undefined, options: AskOptions, command: Command) =>
        end(await (await import('../settings.js')).limit(what, value, options, globalOptions(command))),
    );
}
