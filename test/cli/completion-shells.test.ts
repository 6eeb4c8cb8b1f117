import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../src/image/digest.js';
import { commandLine, type ScriptedDevice, startScriptedDevice } from './command.js';
import { Screen, whyNoTmux } from './screen.js';

const script = (shell: string) =>
  fileURLToPath(new URL(`../../completions/p2pimg.${shell}`, import.meta.url));

/** How each shell is started without anybody's settings, and its prompt made `>`. */
const shells = {
  bash: {
    program: ['bash', '--noprofile', '--norc', '-i'],
    begin: `PS1='> '; set -o history -o histexpand; source ${script('bash')}; clear`,
  },
  zsh: { program: ['zsh', '-f', '-i'], begin: `PS1='> '; source ${script('zsh')}; clear` },
  fish: {
    program: ['fish', '--no-config', '-i'],
    begin: `function fish_prompt; echo '> '; end; set fish_greeting; source ${script('fish')}; clear`,
  },
};

/** Names of peers that a shell would obey, if it read them; each begins with what is typed before Tab. */
const hostile: readonly (readonly [typed: string, name: string])[] = [
  ['a', 'a b'],
  ['c', "c'd"],
  ['e', 'e"f'],
  ['g', 'g$(touch obeyed)'],
  ['h', 'h`touch obeyed`'],
  ['i', 'i;touch obeyed&'],
  ['j', 'j!touch'],
  ['k', 'k*~#{m,n}[o]?<p>%q$HOME'],
  ['l', 'l\\m'],
  ['ü', 'über ñ 東京'],
  ["'n", "n $(touch obeyed) 'm' !touch"],
  ['"r', 'r $(touch obeyed) `touch obeyed` "s" !touch \\ $HOME'],
];

const withoutTmux = whyNoTmux();
const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).error === undefined;
for (const shell of Object.keys(shells))
  if (withoutTmux === undefined && !isInstalled(shell))
    console.warn(`completion is not tried in ${shell}: it is not installed`);
if (withoutTmux !== undefined) console.warn(`completion is not tried in shells: ${withoutTmux}`);
console.warn('completion is not tried in PowerShell, which Debian does not have');

describe.each(Object.keys(shells) as (keyof typeof shells)[])('completion in %s', (shell) => {
  const tried = withoutTmux === undefined && isInstalled(shell) ? describe : describe.skip;

  tried('(a real one, in a terminal)', { timeout: 180_000 }, () => {
    let device: ScriptedDevice;
    let folder: string;
    let screen: Screen;

    beforeAll(async () => {
      device = await startScriptedDevice();
      folder = await mkdtemp(join(tmpdir(), 'p2pimg-shell-'));
      await mkdir(join(folder, 'bin'));
      await mkdir(join(folder, 'work/a folder'), { recursive: true });
      await writeFile(join(folder, "work/back up's.tar"), '');
      // answers completion, and shows what else it is called with
      const node = [process.execPath, ...commandLine].map((word) => `'${word}'`).join(' ');
      const command = `#!/bin/sh\nif [ "$1" = __complete ]; then exec ${node} "$@"; fi\nfor word; do printf '<%s>' "$word"; done\necho\n`;
      await writeFile(join(folder, 'bin/p2pimg'), command);
      await chmod(join(folder, 'bin/p2pimg'), 0o755);
      device.operations.peersReport = {
        team: 'tag',
        otherTeams: 0,
        peers: hostile.map(([, name], at) => ({
          name,
          id: `${at}`.repeat(64),
          address: '127.0.0.1:1',
          engine: 'Docker $(touch obeyed)',
          lastSeen: '',
        })),
      };
      const images = ['node:20', 'node:22-alpine', 'registry.local:5000/team/app:1', 'team/app:2'];
      device.operations.listReport = {
        team: 'tag',
        otherTeams: 0,
        peers: [],
        images: images.map((reference) => ({
          reference,
          id: digestOf(reference),
          platforms: ['linux/amd64'],
          size: 757_000_000,
          peers: [{ name: 'mara-thinkpad', id: 'aa11' }],
          here: 'no' as const,
        })),
      };
    });

    afterAll(async () => {
      await device.close();
      await rm(folder, { recursive: true, force: true });
    });

    beforeEach(() => start(device.home));

    afterEach(async () => {
      await screen.close();
      expect(await readdir(join(folder, 'work'))).toHaveLength(2);
      expect(existsSync(join(folder, 'obeyed'))).toBe(false);
    });

    async function start(home: string): Promise<void> {
      const { program, begin } = shells[shell];
      screen = await Screen.open(
        100,
        {
          LANG: 'C.UTF-8',
          P2PIMG_HOME: home,
          HOME: folder,
          PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
        },
        ['sh', '-c', `cd "$HOME/work" && exec ${program.join(' ')}`],
      );
      // what is typed before the shell reads comes to it all the same
      await screen.type(begin);
      await screen.press('Enter');
      await screen.shows(/^> ?\n?$/);
    }

    /** The line completes to this text. */
    async function completes(typed: string, line: RegExp): Promise<void> {
      await screen.type(typed);
      await screen.press('Tab');
      await screen.shows(line);
    }

    it('completes commands, options and their values', async () => {
      await completes('p2pimg sta', /^> p2pimg status$/m);
      await screen.press('C-u');
      await completes('p2pimg team cre', /^> p2pimg team create$/m);
      await screen.press('C-u');
      await completes('p2pimg get --fr', /^> p2pimg get --from$/m);
      await screen.press('C-u');
      await completes('p2pimg --lane loop', /^> p2pimg --lane loopback$/m);
      await screen.press('C-u');
      await completes('p2pimg ls --lane=loop', /^> p2pimg ls --lane=loopback$/m);
    });

    it('says what there is', async () => {
      await screen.type('p2pimg ');
      await screen.press('Tab', 'Tab');
      expect(await screen.shows(/get images from the peers/)).toMatch(/list the peers on this network/);
    });

    it('completes images, colons and all', async () => {
      await completes('p2pimg get no', /^> p2pimg get node:2/m);
      await completes('0', /^> p2pimg get node:20$/m);
      await completes('registry.local:50', /node:20 registry\.local:5000\/team\/app:1$/m);
      await screen.press('Enter');
      await screen.shows(/^<get><node:20><registry\.local:5000\/team\/app:1>$/m);
    });

    it('leaves files and folders to the shell', async () => {
      await completes('p2pimg load --input ba', /tar/);
      await screen.press('Enter');
      await screen.shows(/^<load><--input><back up's\.tar>$/m);
      await completes('p2pimg load --input=ba', /=.*tar/);
      await screen.press('Enter');
      await screen.shows(/^<load><--input=back up's\.tar>$/m);
      await completes('p2pimg agent --archives a', /folder\//);
      await screen.press('Enter');
      await screen.shows(/^<agent><--archives><a folder\/?>$/m);
    });

    it.each(hostile)('takes a peer named by %s… for what it is called: %s', async (typed, name) => {
      await screen.type(`p2pimg get --from ${typed}`);
      const before = await screen.text();
      await screen.press('Tab');
      await vi.waitFor(async () => expect(await screen.text()).not.toBe(before), {
        timeout: 30_000,
        interval: 50,
      });
      await screen.press('Enter');
      const shown = await screen.shows(/^<get>/m);
      expect(shown).toContain(`\n<get><--from><${name}>\n`);
    });

    it('adds nothing and says nothing where no agent answers', async () => {
      await screen.close();
      await start(join(folder, 'nobody'));
      await screen.type('p2pimg get n');
      await screen.press('Tab');
      await completes('x --js', /^> p2pimg get nx --json$/m);
      expect((await screen.text()).trim().split('\n')).toHaveLength(1);
    });
  });
});
