import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { widthOf } from '../../src/cli/present/width.js';
import { openStore } from '../../src/engine/store/store.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import { freshImage } from '../engine/claims/source.js';
import { give } from '../engine/claims/subject.js';
import { type Running, runCommand, startCommand } from './command.js';
import { Screen, whyNoTmux } from './screen.js';

const reason = whyNoTmux();
const here = ['--engine', 'store', '--interface', '127.0.0.1'];
const widths = [60, 80, 200];
/** What stands before the text of a row, and the column that is left free. */
const beside = 13;

/** All that a person looks at, and of a real agent with a real peer; `get` takes one of the images for each width. */
const looked = (columns: number): string[][] => [
  ['ls'],
  ['peers', '--all'],
  ['status'],
  ['get', `team/for-a-screen-of:${columns}`],
  ['get', `team/for-a-screen-of:${columns}`],
  ['get', 'team/a-name-that-nobody-on-this-network-has-or-ever-had:latest'],
  ['get', 'team/app', '--nonsense-option'],
  ['get', 'NOT A NAME'],
  ['send', 'team/nobody:1', 'ada'],
  ['accept'],
  ['share', '--list'],
  ['limit'],
  ['team', 'show'],
  ['doctor'],
  ['load', '-i', '/nowhere/an-archive-that-is-not-there.tar'],
  ['--help'],
  ['get', '--help'],
  ['team', 'rotate', '--help'],
];

describe.skipIf(reason !== undefined)('with real agents', { timeout: 240_000 }, () => {
  let folder: string;
  const agents: Running[] = [];
  const home = (name: string): string => path.join(folder, name);

  /** Starts an agent; resolves to its port when it listens. */
  async function start(name: string, ...words: readonly string[]): Promise<string> {
    const running = startCommand(home(name), ['agent', '--name', name, '--port', '0', ...here, ...words]);
    agents.push(running);
    return new Promise((resolve, reject) => {
      let text = '';
      running.child.stdout?.on('data', (bytes: string) => {
        text += bytes;
        const port = / msg=listening .* port=(\d+)/.exec(text)?.[1];
        if (port !== undefined) resolve(port);
      });
      void running.ended.then(({ stderr }) => reject(new Error(`the agent of ${name} ended: ${stderr}`)));
    });
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-screens-'));
    await mkdir(path.join(home('ada'), 'state'), { recursive: true, mode: 0o700 });
    const store = await openStore(path.join(home('ada'), 'state', 'store'));
    for (const columns of widths) {
      const id = await give(store, await freshImage(localPlatform()));
      await store.tag(id, parseReference(`team/for-a-screen-of:${columns}`));
    }
    await store.close();
    const port = await start('ada');
    const shown = await runCommand(home('ada'), ['team', 'show', '--json']);
    const { invite } = JSON.parse(shown.stdout) as { invite: string };
    await start('bob-whose-device-has-a-rather-long-name', '--peer', `127.0.0.1:${port}`);
    const joined = await runCommand(bob(), ['team', 'join', '-', '--replace'], invite);
    expect({ code: joined.code, stderr: joined.stderr }).toEqual({ code: 0, stderr: '' });
    await vi.waitFor(
      async () => expect((await runCommand(bob(), ['ls', '--json'])).stdout).toContain('for-a-screen-of'),
      { timeout: 30_000 },
    );
  }, 120_000);

  afterAll(async () => {
    for (const { child, ended } of agents) {
      child.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });

  const bob = (): string => home('bob-whose-device-has-a-rather-long-name');

  /** All that a command leaves on a terminal; what the terminal broke into several lines is one line here. */
  async function left(columns: number, args: readonly string[], env = {}): Promise<string[]> {
    const screen = await Screen.start(columns, bob(), args, env);
    try {
      await screen.shows(/\[code \d+\]/);
      return (await screen.text('-J', '-S', '-')).split('\n').map((line) => line.trimEnd());
    } finally {
      await screen.close();
    }
  }

  it.each(widths)('no line is wider than %d columns, but for a word that is itself', async (columns) => {
    const tooWide: string[] = [];
    for (const args of looked(columns))
      for (const line of await left(columns, args)) {
        const longestWord = Math.max(...line.split(' ').map(widthOf));
        if (widthOf(line) > columns && longestWord <= columns - beside)
          tooWide.push(`${args.join(' ')}: ${line}`);
      }
    expect(tooWide).toEqual([]);
  });

  it('LANG=C shows ASCII alone', async () => {
    const strange: string[] = [];
    for (const args of [
      ['ls'],
      ['peers'],
      ['status'],
      ['doctor'],
      ['get', 'team/for-a-screen-of:80'],
      ['--help'],
    ])
      for (const line of await left(80, args, { LANG: 'C' }))
        if (/[^\x20-\x7e]/.test(line)) strange.push(`${args.join(' ')}: ${line}`);
    expect(strange).toEqual([]);
  });

  it('writes no escape sequence into a pipe', async () => {
    for (const args of [['ls'], ['peers'], ['status'], ['doctor'], ['get', 'team/nobody:1'], ['--help']]) {
      const { stdout, stderr } = await runCommand(bob(), args);
      expect(stdout + stderr).not.toContain('\u001b');
      expect(stdout + stderr).not.toBe('');
    }
  });
});
