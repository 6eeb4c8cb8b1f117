import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/engine/store/store.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';
import { freshImage } from '../engine/claims/source.js';
import { give } from '../engine/claims/subject.js';
import { filesBelow, processTexts, type Secret, secretsIn, shown } from '../fixtures/secrets.js';
import { type Ended, type Running, runCommand, startCommand } from './command.js';

/** Everything that anybody wrote, by who did. */
const written = new Map<string, string>();
const processes = new Set<string>();
const secrets: Secret[] = [];
const agents: Running[] = [];
let folder: string;
let isOver = false;
let watching: Promise<void>;

const home = (name: string): string => path.join(folder, name);
const here = ['--engine', 'store', '--interface', '127.0.0.1'];
const note = (who: string, text: string) => written.set(who, (written.get(who) ?? '') + text);

/** Runs a command, and keeps what it wrote; of those that are there to tell an invite, only what went wrong. */
async function run(name: string, words: readonly string[], input = '', tells = false): Promise<Ended> {
  const ended = await runCommand(home(name), words, input);
  note(`${name}: ${words.join(' ')}`, tells ? ended.stderr : ended.stdout + ended.stderr);
  secrets.push(...(await secretsIn(path.join(home(name), 'config'))));
  return ended;
}

/** Starts an agent; resolves to its port when it answers. */
async function start(name: string, ...words: readonly string[]): Promise<string> {
  const running = startCommand(home(name), ['agent', '--name', name, '--port', '0', ...here, ...words]);
  agents.push(running);
  let text = '';
  const answers = new Promise<void>((resolve) => {
    for (const stream of [running.child.stdout, running.child.stderr])
      stream?.on('data', (bytes: string) => {
        text += bytes;
        note(`the agent of ${name}`, bytes);
        if (text.includes(' msg=listening ')) resolve();
      });
  });
  const ended = running.ended.then(({ stderr }) => {
    throw new Error(`the agent of ${name} ended: ${stderr}`);
  });
  ended.catch(() => undefined);
  await Promise.race([answers, ended]);
  secrets.push(...(await secretsIn(path.join(home(name), 'config'))));
  return / port=(\d+)/.exec(text)?.[1] ?? '';
}

const inviteOf = async (name: string): Promise<string> =>
  (JSON.parse((await run(name, ['team', 'show', '--json'], '', true)).stdout) as { invite: string }).invite;

async function watch(): Promise<void> {
  while (!isOver) {
    for (const text of await processTexts()) processes.add(text);
    await delay(5);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-secrets-'));
  await mkdir(path.join(home('ada'), 'state'), { recursive: true, mode: 0o700 });
  const store = await openStore(path.join(home('ada'), 'state', 'store'));
  await store.tag(await give(store, await freshImage(localPlatform())), parseReference('team/app:1'));
  await store.close();
  watching = watch();
});

afterAll(async () => {
  isOver = true;
  await watching;
  for (const { child } of agents) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform !== 'linux')('no secret', { timeout: 240_000 }, () => {
  it('is in what a whole run writes, and one that was planted is found', async () => {
    const port = await start('ada');
    await start('bob', '--peer', `127.0.0.1:${port}`);
    const invite = await inviteOf('ada');
    await run('bob', ['team', 'join', invite.slice(0, -1)]); // mistyped: a secret all but one letter
    await run('bob', ['team', 'join', '-'], `${invite.slice(0, -4)}zzzz`);
    expect((await run('bob', ['team', 'join', '-', '--replace'], invite)).code).toBe(0);
    for (const words of [
      ['peers'],
      ['ls'],
      ['ls', '--json'],
      ['status'],
      ['status', '--json'],
      ['team', 'join', '-'],
    ])
      await run('bob', words, invite);
    const got = await run('bob', ['get', 'team/app:1', '--json']);
    expect({ code: got.code, stderr: got.stderr }).toEqual({ code: 0, stderr: '' });
    for (const words of [
      ['get', 'team/app:1'],
      ['get', 'team/none:1'],
      ['get', 'x', '--from', 'nobody', '--json'],
    ])
      await run('bob', words);
    expect((await run('ada', ['team', 'rotate', '--grace', '1h', '--json'], '', true)).code).toBe(0);
    expect((await run('bob', ['team', 'join', '-', '--grace', '1h'], await inviteOf('ada'))).code).toBe(0);
    await run('bob', ['status', '--json']);
    expect((await run('bob', ['metrics'])).stdout).toContain('p2pimg_');
    await run('bob', ['doctor', '--json']);
    await run('bob', ['team', 'leave', '--json']);
    // A damaged secret is told of, and not quoted.
    const damaged = await readFile(path.join(home('ada'), 'config', 'identity.json'), 'utf8');
    await mkdir(path.join(home('eve'), 'config'), { recursive: true, mode: 0o700 });
    await writeFile(path.join(home('eve'), 'config', 'identity.json'), `${damaged}x`, { mode: 0o600 });
    const refused = await runCommand(home('eve'), ['status', ...here]);
    expect(refused.code).toBe(2);
    note('eve: status', refused.stdout + refused.stderr);
    for (const { child, ended } of agents) {
      child.kill('SIGTERM');
      await ended;
    }

    expect(new Set(secrets.map(({ name }) => name)).size).toBe(7);
    expect(written.size).toBeGreaterThan(18);
    for (const name of ['ada', 'bob', 'eve'])
      for (const [file, text] of await filesBelow(home(name))) note(`${name}/${file}`, text);
    const hits = [...written].flatMap(([who, text]) =>
      shown(text, secrets).map((secret) => `${who}: ${secret}`),
    );
    expect(hits).toEqual([]);
    // Of a process's arguments the mistyped invite alone, for the moment until it wiped them.
    const seen = [...processes].filter((text) => shown(text, secrets).length > 0);
    expect(seen.filter((text) => !text.includes(`team\0join\0${invite.slice(0, -1)}`))).toEqual([]);

    await plantAndFind();
  });

  /** Each secret, in each spelling, in a text, a file, and a process's arguments. */
  async function plantAndFind(): Promise<void> {
    for (const secret of secrets)
      for (const spelling of secret.spellings) {
        expect(spelling.length).toBeGreaterThan(20);
        expect(shown(`{"level":30,"msg":"joined ${spelling}"}`, secrets)).toContain(secret.name);
      }
    const [first] = secrets;
    const [spelling = ''] = first?.spellings ?? [];
    await writeFile(path.join(home('bob'), 'state', 'agent.log'), `proof of ${spelling}\n`);
    const files = await filesBelow(home('bob'));
    expect(files.filter(([, text]) => shown(text, secrets).length > 0).map(([file]) => file)).toEqual([
      'state/agent.log',
    ]);
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()', spelling]);
    await once(child, 'spawn');
    while (
      ![...processes].some((text) => text.includes('process.stdin.resume') && shown(text, secrets).length > 0)
    )
      await delay(5);
    child.kill('SIGKILL');
  }
});
