import type { Command } from 'commander';
import type { AskOptions } from '../ask.js';
import { globalOptions } from '../global-options.js';
import type { SendOptions } from '../send.js';
import type { WatchOptions } from '../watch.js';
import type { End } from './end.js';

/** The commands that move images unasked: `send`, its answers, and `watch`. */
export function addSending(program: Command, end: End): void {
  program
    .command('send')
    .description("send an image of this device to a colleague's")
    .argument('<image>', 'its name or ID')
    .argument('<peer>', "the colleague's device: its name, or the first digits of its ID")
    .option('--store', 'into its folder of archives, not into its engine')
    .option('--platform <os/arch>', "for this platform; that of the peer's engine by default")
    .option('-q, --quiet', 'print only the name and digest of what is there then')
    .option('--json', 'print each event as one JSON object, for programs')
    .addHelpText('after', examples('send team/app:2 mara-thinkpad', 'send team/app:2 --store buildbox'))
    .action(async (image: string, peer: string, options: SendOptions, command: Command) =>
      end(await (await import('../send.js')).send(image, peer, options, globalOptions(command))),
    );
  for (const [deed, description, which] of [
    ['accept', 'take an image that a colleague sends, or list what waits', '[which]'],
    ['refuse', 'refuse an image that a colleague sends', '<which>'],
  ] as const)
    program
      .command(deed)
      .description(description)
      .argument(which, "its number, or its sender's name or first digits of ID")
      .option('--json', 'print JSON, for programs')
      .addHelpText('after', examples(`${deed} 1`, `${deed} mara-thinkpad`))
      .action(async (one: string | undefined, options: AskOptions, command: Command) =>
        end(await (await import('../accept.js')).answerArrival(deed, one, options, globalOptions(command))),
      );
  program
    .command('watch')
    .description('get new versions as they appear at the peers, until Ctrl-C')
    .argument('<pattern...>', "names like this, such as 'team/*'")
    .option('--once', 'end after the first image that came')
    .option('--only-new', 'leave what is there already; take only what appears from now on')
    .option('--platform <os/arch>', "for this platform; the engine's own by default")
    .option('--json', 'print each event as one JSON object, for programs')
    .addHelpText('after', examples("watch 'team/*'", 'watch team/app:latest --once --only-new'))
    .action(async (patterns: string[], options: WatchOptions, command: Command) =>
      end(await (await import('../watch.js')).watch(patterns, options, globalOptions(command))),
    );
}

function examples(...words: readonly string[]): string {
  return `\nExamples:\n${words.map((one) => `  p2pimg ${one}`).join('\n')}`;
}
