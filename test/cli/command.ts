import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Closable } from '../../src/control/api.js';
import { paths } from '../../src/control/paths.js';
import { serveControl } from '../../src/control/server.js';
import { ScriptedOperations } from '../control/scripted-operations.js';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The arguments with which node runs the command from its sources. */
export const commandLine: readonly string[] = ['--import', tsx, main];

/** A device whose agent answers what a test scripted. */
export interface ScriptedDevice {
  readonly home: string;
  readonly operations: ScriptedOperations;
  close(): Promise<void>;
}

/** Starts a scripted agent in a home of its own. */
export async function startScriptedDevice(): Promise<ScriptedDevice> {
  const home = await mkdtemp(join(tmpdir(), 'p2pimg-'));
  const operations = new ScriptedOperations();
  const server: Closable = await serveControl(operations, paths({ P2PIMG_HOME: home }).socket);
  return {
    home,
    operations,
    close: async () => {
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<Ended>;
}

/** Starts the command as a process of its own, with pipes. */
export function startCommand(home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [...commandLine, ...args], {
    env: { PATH, HOME, LANG: 'C.UTF-8', P2PIMG_HOME: home, ...env },
    stdio: 'pipe',
  });
  const written = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    written.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    written.stderr += text;
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const ended = closed.then(([code]): Ended => ({ code, ...written }));
  return { child, ended };
}

/** Runs the command to its end, with this on its standard input. */
export function runCommand(
  home: string,
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const { child, ended } = startCommand(home, args, env);
  child.stdin?.end(input);
  return ended;
}
