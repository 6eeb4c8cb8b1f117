import type { Command } from 'commander';
import type { AskOptions } from '../ask.js';
import { globalOptions } from '../global-options.js';
import type { EnterOptions, GraceOptions } from '../team.js';
import { asJson, type End } from './end.js';

/** `team`. */
export function addTeam(program: Command, end: End): void {
  const team = program.command('team').description('make, join, show or leave the team that shares images');
  const replace = ['--replace', 'leave the team that this device is in'] as const;

  const grace = [
    '--grace <time>',
    'let the secret of before hold for so long beside it, such as 12h',
  ] as const;

  team
    .command('create')
    .description('make a team, and show what a colleague types to join')
    .option(...replace)
    .option(...asJson)
    .action(async (options: EnterOptions, command: Command) =>
      end(await (await import('../team.js')).teamCreate(options, globalOptions(command))),
    );
  team
    .command('join')
    .description("join a colleague's team")
    .argument('[invite]', 'the invite; - reads it from standard input; asked for by default')
    .option(...replace)
    .option(...grace)
    .option(...asJson)
    .action(async (invite: string | undefined, options: EnterOptions & GraceOptions, command: Command) =>
      end(await (await import('../team.js')).teamJoin(invite, options, globalOptions(command))),
    );
  team
    .command('rotate')
    .description('give the team a new secret: the old invite is void, and the others join again')
    .option(...grace)
    .option(...asJson)
    .action(async (options: GraceOptions, command: Command) =>
      end(await (await import('../team.js')).teamRotate(options, globalOptions(command))),
    );
  team
    .command('show')
    .description("show the team and its invite, which is a key to the team's images")
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('../team.js')).teamShow(options, globalOptions(command))),
    );
  team
    .command('leave')
    .description('leave the team')
    .option(...asJson)
    .action(async (options: AskOptions, command: Command) =>
      end(await (await import('../team.js')).teamLeave(options, globalOptions(command))),
    );
}
