import type { Command } from 'commander';

/** One line that somebody may type, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** Examples of each command, by its words; those of the program itself under an empty name. Each has two or more. */
const lines: Readonly<Record<string, readonly (readonly [line: string, does: string])[]>> = {
  '': [
    ['p2pimg up', 'from nothing to sharing'],
    ['p2pimg ls', 'what colleagues have'],
    ['p2pimg get team/app:2', 'get it from one of them'],
  ],
  get: [
    ['p2pimg get team/app:2', 'from whoever has it'],
    ['p2pimg get node:20 --from mara-thinkpad', "from one colleague's device"],
    ['p2pimg get --compose --or-pull', 'all of compose.yaml; the rest from the registry'],
  ],
  ls: [
    ["p2pimg ls 'team/*'", 'names like this'],
    ['p2pimg ls --outdated', 'of which a colleague has a newer one'],
  ],
  peers: [
    ['p2pimg peers', 'who is here'],
    ["p2pimg peers --json | jq -r '.peers[].name'", 'only their names'],
  ],
  status: [
    ['p2pimg status', 'engine, team, peers and uploads'],
    ['p2pimg status --json | jq .engine.state', 'one fact of it'],
  ],
  team: [
    ['p2pimg team create', 'make one'],
    ['p2pimg team join', "join a colleague's"],
  ],
  'team create': [
    ['p2pimg team create', 'where this device is in no team'],
    ['p2pimg team create --replace', 'leave the present one for it'],
  ],
  'team join': [
    ['p2pimg team join', 'asks for the invite, and does not show it'],
    ['p2pimg team join - < invite.txt', 'reads it from a file'],
  ],
  'team show': [
    ['p2pimg team show', 'what a colleague types to join'],
    ['p2pimg team show --json | jq -r .invite', 'only the invite'],
  ],
  'team leave': [
    ['p2pimg team leave', 'share with nobody'],
    ['p2pimg team leave --json', 'the same, for a program'],
  ],
  share: [
    ["p2pimg share 'team/*'", 'let the team have these'],
    ['p2pimg share --list', 'what is shared, and why'],
  ],
  hide: [
    ["p2pimg hide 'secret/*'", 'keep these from the team'],
    ["p2pimg hide '*'", 'all, to share single ones then'],
  ],
  pause: [
    ['p2pimg pause', 'before a call'],
    ['p2pimg pause --json', 'the same, for a program'],
  ],
  resume: [
    ['p2pimg resume', 'after it'],
    ['p2pimg resume --json', 'the same, for a program'],
  ],
  limit: [
    ['p2pimg limit up 30MB/s', 'give no faster than this'],
    ['p2pimg limit uploads 8', 'give to eight at once'],
    ['p2pimg limit down off', 'get as fast as it goes'],
  ],
  up: [
    ['p2pimg up', 'start sharing, and make a team'],
    ['p2pimg up -', "start sharing, and join a colleague's team"],
  ],
  agent: [
    ['p2pimg agent --name buildbox', 'under this name'],
    ['p2pimg agent --archives /srv/images', 'share a folder of docker save files'],
  ],
  service: [
    ['p2pimg service install', 'from login on'],
    ['p2pimg service logs -f', 'what it does'],
  ],
  'service install': [
    ['p2pimg service install', 'with the first engine that answers'],
    ['p2pimg service install --engine unix:///run/docker.sock', 'with this one'],
  ],
  'service uninstall': [
    ['p2pimg service uninstall', 'and take away all that install made'],
    ['p2pimg service uninstall --json', 'the same, for a program'],
  ],
  'service start': [
    ['p2pimg service start', 'after service stop'],
    ['p2pimg service start --json', 'the same, for a program'],
  ],
  'service stop': [
    ['p2pimg service stop', 'until the next login'],
    ['p2pimg service stop --json', 'the same, for a program'],
  ],
  'service status': [
    ['p2pimg service status', 'installed, and running?'],
    ['p2pimg service status --json', 'the same, for a program'],
  ],
  'service logs': [
    ['p2pimg service logs -n 20', 'the last lines'],
    ['p2pimg service logs -f', 'and what comes'],
  ],
  save: [
    ['p2pimg save team/app:2 team/db:14 -o backup.tar.zst', 'two images, one file'],
    ['p2pimg save team/app:2 -o - | ssh buildbox p2pimg load', 'to another machine'],
  ],
  load: [
    ['p2pimg load -i backup.tar.zst', 'all images of a file'],
    ['p2pimg load < images.tar.gz', 'of standard input'],
  ],
  copy: [
    ['p2pimg copy team/app:2 --from machine:old', 'from a docker-machine'],
    ['p2pimg copy team/app:2 --to ssh://deploy@buildbox', 'over ssh'],
  ],
  completion: [
    ['source <(p2pimg completion bash)', 'in ~/.bashrc; the same with zsh'],
    ['p2pimg completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
};

/** The examples of a command, by the words after the program's name. */
export function examplesOf(words: string): readonly Example[] {
  return (
    (Object.hasOwn(lines, words) ? lines[words] : undefined)?.map(([line, does]) => ({ line, does })) ?? []
  );
}

/** The commands that have examples, whether or not there are such commands. */
export const exampleNames: readonly string[] = Object.keys(lines);

/** Shows its examples at the end of each command's help. */
export function addExamples(program: Command): void {
  for (const { words, command } of allCommands(program)) {
    const examples = examplesOf(words).flatMap(({ line, does }) => [`  ${does}:`, `    ${line}`]);
    if (examples.length > 0) command.addHelpText('after', ['', 'Examples:', ...examples].join('\n'));
  }
}

/** A command, and the words after the program's name that call it; none for the program itself. */
export interface NamedCommand {
  readonly words: string;
  readonly command: Command;
}

/** The program and all its commands that help shows, in its order. */
export function allCommands(program: Command, before = ''): readonly NamedCommand[] {
  const visible = program.commands.filter((one) =>
    program.createHelp().visibleCommands(program).includes(one),
  );
  return [
    { words: before, command: program },
    ...visible.flatMap((one) => allCommands(one, `${before} ${one.name()}`.trim())),
  ];
}
