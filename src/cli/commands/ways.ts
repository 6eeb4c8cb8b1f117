import type { Command } from 'commander';
import type { CopyOptions } from '../copy.js';
import { globalOptions } from '../global-options.js';
import type { LoadOptions } from '../load.js';
import type { SaveOptions } from '../save.js';
import type { End } from './end.js';

const quiet = ['-q, --quiet', 'print only the names and digests of the images'] as const;
const asJson = ['--json', 'print each event as one JSON object, for programs'] as const;

/** The commands that need no peer: `save`, `load`, `copy`. */
export function addWays(program: Command, end: End): void {
  program
    .command('save')
    .description("write images of this machine's engine into a file")
    .argument('<image...>', 'names or IDs')
    .requiredOption('-o, --output <file>', 'a name in .tar, .tar.gz or .tar.zst; - is standard output')
    .option('--platform <os/arch>', "for this platform; the engine's own by default")
    .option(...quiet)
    .option(...asJson)
    .action(async (images: string[], options: SaveOptions, command: Command) =>
      end(await (await import('../save.js')).save(images, options, globalOptions(command))),
    );

  program
    .command('load')
    .description("load all images of a file into this machine's engine, as far as they are missing")
    .option('-i, --input <file>', 'an archive, compressed in whatever way; - is standard input', '-')
    .option(
      '--platform <os/arch>',
      "of several under one name, the one for this; the engine's own by default",
    )
    .option(...quiet)
    .option(...asJson)
    .action(async (options: LoadOptions, command: Command) =>
      end(await (await import('../load.js')).load(options, globalOptions(command))),
    );

  program
    .command('copy')
    .summary('copy images from one engine to another, as far as they are missing')
    .description(
      'Copies images from one engine to another, as far as they are missing. An engine is a Docker context, ' +
        'machine:<name> of docker-machine, unix://, tcp://, ssh:// or layout:<folder>.',
    )
    .argument('<image...>', 'names or IDs, one after the other')
    .option('--from <engine>', "the engine that has them; this machine's own by default")
    .option('--to <engine>', "the engine that gets them; this machine's own by default")
    .option('--platform <os/arch>', "for this platform; the receiving engine's own by default")
    .option(...quiet)
    .option(...asJson)
    .action(async (images: string[], options: CopyOptions, command: Command) =>
      end(await (await import('../copy.js')).copy(images, options, globalOptions(command))),
    );
}
