import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ArchivedImage, surveyArchive } from '../../src/archive/survey.js';
import type { GetEvent } from '../../src/control/api.js';
import type { Input, Result } from './process.js';
import type { Workstation } from './workstation.js';
import { noteHome, noteProcesses, noteWritten } from './written.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What a `get --json` said: its events, and the error line where it failed. */
export interface GetResult {
  readonly code: number | null;
  readonly events: readonly GetEvent[];
  readonly done: Extract<GetEvent, { type: 'done' }> | undefined;
  readonly error:
    | { readonly code: string; readonly message: string; readonly facts: Record<string, unknown> }
    | undefined;
  readonly stderr: string;
}

/** One workstation's p2pimg: its agent, its folders, and its commands. */
export class Device {
  readonly workstation: Workstation;
  readonly home: string;
  readonly #options: readonly string[];
  #agent: ChildProcess | undefined;
  #log = '';

  /** Several on one workstation need a `place` each. */
  constructor(workstation: Workstation, options: readonly string[] = [], place = 'p2pimg') {
    this.workstation = workstation;
    this.home = path.join(workstation.directory, place);
    this.#options = options;
  }

  /** Starts agents with fresh folders on several workstations, all in one team. */
  static team(...workstations: readonly Workstation[]): Promise<Device[]> {
    return Device.teamWith({}, ...workstations);
  }

  /** The same, with a configuration. */
  static async teamWith(
    configuration: Readonly<Record<string, unknown>>,
    ...workstations: readonly Workstation[]
  ): Promise<Device[]> {
    return Device.started(
      workstations.map((workstation) => new Device(workstation)),
      configuration,
    );
  }

  /** The same, of devices that the caller can stop even if this fails. */
  static async started(
    devices: readonly Device[],
    configuration: Readonly<Record<string, unknown>>,
  ): Promise<Device[]> {
    await Promise.all(devices.map((device) => device.reset()));
    await Promise.all(devices.map((device) => device.configure(configuration)));
    await Promise.all(devices.map((device) => device.start()));
    const [first, ...others] = devices;
    const invite = await first?.invite();
    await Promise.all(others.map((device) => device.join(invite ?? '')));
    await Promise.all(devices.map((device) => device.untilPeers(devices.length - 1)));
    return [...devices];
  }

  get env(): Record<string, string> {
    const { engine, engineSocket } = this.workstation;
    return {
      MALLOC_ARENA_MAX: '2', // as the unit has it
      P2PIMG_HOME: this.home,
      ...(engine === 'none' ? { P2PIMG_ENGINE: 'store' } : { DOCKER_HOST: `unix://${engineSocket}` }),
    };
  }

  /** The agent's process ID. */
  get pid(): number {
    const pid = this.#agent?.pid;
    if (pid === undefined) throw new Error(`no agent runs on ${this.workstation.name}`);
    return pid;
  }

  /** What the agent wrote since its start. */
  get log(): string {
    return this.#log;
  }

  /** Stops what runs, and empties the folders. */
  async reset(): Promise<void> {
    await this.stop();
    await noteHome(this.workstation.name, this.home);
    await rm(this.home, { recursive: true, force: true });
  }

  /** Writes the configuration that the next start reads. */
  async configure(configuration: Readonly<Record<string, unknown>>): Promise<void> {
    await mkdir(path.join(this.home, 'config'), { recursive: true, mode: 0o700 });
    await writeFile(path.join(this.home, 'config', 'config.json'), JSON.stringify(configuration), {
      mode: 0o600,
    });
  }

  /** `LAB_LANE=save` or `loopback` has every agent's images go that way; what a test sets itself comes first. */
  get #lane(): readonly string[] {
    const lane = process.env.LAB_LANE;
    return lane === undefined || this.#options.includes('--lane') ? [] : ['--lane', lane];
  }

  /** Starts the agent, and resolves when it is ready. */
  async start(): Promise<void> {
    const { name } = this.workstation;
    const words = ['agent', '--name', name, ...this.#lane, ...this.#options];
    const agent = this.workstation.spawn([process.execPath, cli, ...words], { env: this.env });
    this.#agent = agent;
    this.#log = '';
    for (const stream of [agent.stdout, agent.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#log += bytes;
        noteWritten(`${name}-agent`, bytes.toString('latin1'));
      });
    const ready = once(createInterface(agent.stdout as Readable), 'line');
    const ended = once(agent, 'exit').then(([code]) => {
      throw new Error(`the agent on ${name} ended with ${code}: ${this.#log}`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    await noteHome(name, this.home);
    await noteProcesses();
  }

  /** Starts the agent again if it is not running. */
  async ensureRunning(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) await this.start();
  }

  /** Stops the agent as its user would; resolves to its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Ends the agent without its knowing. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Runs a command here. */
  async run(words: readonly string[], options: { input?: Input; timeoutMs?: number } = {}): Promise<Result> {
    const running = this.workstation.run([process.execPath, cli, ...words], {
      env: this.env,
      timeoutMs: 300_000,
      ...options,
    });
    await noteProcesses();
    const result = await running;
    // What is there to tell an invite may do so.
    const said = words[0] === 'team' || words[0] === 'up' ? result.stderr : result.stdout + result.stderr;
    noteWritten(`${this.workstation.name}-commands`, said);
    return result;
  }

  /** Starts a command here, to be ended by the test. */
  spawn(words: readonly string[]): ChildProcess {
    return this.workstation.spawn([process.execPath, cli, ...words], { env: this.env });
  }

  /** Runs a command with `--json`, and resolves to what it said; rejects if it failed. */
  async json<T>(words: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...words, '--json']);
    if (code !== 0)
      throw new Error(
        `p2pimg ${words.join(' ')} on ${this.workstation.name}: exit ${code}: ${stdout}${stderr}`,
      );
    return JSON.parse(stdout) as T;
  }

  /** `p2pimg get`, with its events. */
  async get(image: string, ...options: readonly string[]): Promise<GetResult> {
    return readGet(await this.run(['get', image, ...options, '--json']));
  }

  async invite(): Promise<string> {
    return (await this.json<{ invite: string }>(['team', 'show'])).invite;
  }

  async join(invite: string): Promise<void> {
    const { code, stderr } = await this.run(['team', 'join', '-'], { input: invite });
    if (code !== 0) throw new Error(`join on ${this.workstation.name}: ${stderr}`);
  }

  /** Waits until so many peers answer; each question waits for answers itself. */
  async untilPeers(count: number): Promise<void> {
    for (let attempt = 0; attempt < 40; attempt++) {
      const { peers } = await this.json<{ peers: unknown[] }>(['peers']);
      if (peers.length === count) return;
    }
    throw new Error(`${this.workstation.name} never saw ${count} peers`);
  }

  /** What the engine really has under a name: read out of its own `docker save`, every digest checked. */
  async saved(name: string): Promise<ArchivedImage> {
    const { status, body } = await this.workstation.api(
      'GET',
      `/images/get?names=${encodeURIComponent(name)}`,
    );
    if (status !== 200) throw new Error(`save of ${name} on ${this.workstation.name}: ${status} ${body}`);
    const [image] = (await surveyArchive(Readable.from([body]))).images;
    if (image === undefined) throw new Error(`no ${name} on ${this.workstation.name}`);
    return image;
  }

  /** The agent's resident memory, in bytes. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const agent = this.#agent;
    this.#agent = undefined;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null)
      return agent?.exitCode ?? null;
    const ended = once(agent, 'exit');
    agent.kill(signal);
    const [code] = (await ended) as [number | null];
    await noteHome(this.workstation.name, this.home);
    return code;
  }
}

/** Reads what `get --json` wrote. */
export function readGet({ code, stdout, stderr }: Result): GetResult {
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as GetEvent | NonNullable<GetResult['error']>);
  const events = lines.filter(
    (line): line is GetEvent => 'type' in line && (line as { type: string }).type !== 'error',
  );
  const done = events.find((event) => event.type === 'done');
  const error = lines.find((line) => (line as { type: string }).type === 'error') as GetResult['error'];
  return { code, events, done, error, stderr };
}
