import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Closable, Operations } from '../../src/control/api.js';
import { connectControl } from '../../src/control/client.js';
import { type Paths, paths } from '../../src/control/paths.js';
import { type Layout, openLayout } from '../../src/engine/store/layout.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const preload = new URL('answer-vitals.mjs', import.meta.url).href;

/** What an agent takes up, after its garbage was collected: bytes and counts. */
export interface Vitals {
  readonly heap: number;
  readonly external: number;
  readonly resident: number;
  readonly descriptors: number;
  readonly sockets: number;
  readonly timers: number;
}

/** An agent in a process of its own, on the loopback interface, with the embedded store. */
export class LocalAgent {
  readonly name: string;
  readonly paths: Paths;
  readonly #home: string;
  #agent: ChildProcess | undefined;

  constructor(folder: string, name: string) {
    this.name = name;
    this.#home = path.join(folder, name);
    this.paths = paths({ P2PIMG_HOME: this.#home });
  }

  /** Starts it, and resolves when it is ready. */
  async start(): Promise<void> {
    const words = ['--engine', 'store', '--interface', '127.0.0.1', '--port', '0', '--name', this.name];
    const flags = ['--expose-gc', '--import', preload];
    const agent = spawn(process.execPath, [...flags, cli, 'agent', ...words], {
      env: { ...process.env, P2PIMG_HOME: this.#home },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#agent = agent;
    const ready = once(createInterface(agent.stdout as Readable), 'line');
    const ended = once(agent, 'exit').then(() => Promise.reject(new Error(`${this.name} did not start`)));
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
  }

  /** Its process ID. */
  get pid(): number | undefined {
    return this.#agent?.pid;
  }

  /** Its control socket. */
  async operations(): Promise<Operations & Closable> {
    const operations = await connectControl(this.paths.socket);
    if (operations === undefined) throw new Error(`${this.name} does not answer`);
    return operations;
  }

  /** Where its images are. */
  layout(): Promise<Layout> {
    return openLayout(path.join(this.paths.state, 'store'));
  }

  async vitals(): Promise<Vitals> {
    const { heapUsed, external, rss, resources } = await this.#ask<{
      heapUsed: number;
      external: number;
      rss: number;
      resources: Record<string, number>;
    }>({});
    const descriptors = await readdir(`/proc/${this.pid}/fd`);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/${this.pid}/fd/${fd}`).catch(() => '')),
    );
    return {
      heap: heapUsed,
      external,
      resident: rss,
      descriptors: descriptors.length,
      sockets: targets.filter((target) => target.startsWith('socket:')).length,
      timers: resources.Timeout ?? 0,
    };
  }

  /** Sets its wall clock so far from the machine's. */
  async shiftClock(ms: number): Promise<void> {
    await this.#ask({ shiftMs: ms });
  }

  async #ask<T>(question: { readonly shiftMs?: number }): Promise<T> {
    const agent = this.#agent as ChildProcess;
    const answered = once(agent, 'message');
    agent.send(question);
    return ((await answered) as [T])[0];
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    const ended = once(agent, 'exit');
    agent.kill(signal);
    await ended;
  }
}
