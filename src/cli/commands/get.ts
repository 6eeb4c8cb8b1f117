import { type Command, Option } from 'commander';
import type { GetOptions } from '../get.js';
import { globalOptions } from '../global-options.js';
import type { End } from './end.js';

/** `get`. */
export function addGet(program: Command, end: End): void {
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
    .addOption(
      new Option('--profile <name>', 'with --compose: this profile too (repeatable)')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--or-pull', 'where nobody has it, let the engine pull it from its registry')
    .option('--dry-run', 'say what would come, and stop')
    .option('-q, --quiet', 'print only the name and digest of what is here then')
    .option('--json', 'print each event as one JSON object, for programs')
    .action(async (images: string[], options: GetOptions, command: Command) =>
      end(await (await import('../get.js')).get(images, options, globalOptions(command))),
    );
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];
