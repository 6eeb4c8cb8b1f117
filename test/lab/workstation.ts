import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Input, Result } from './process.js';
import { finish, sh } from './process.js';

const LAB = fileURLToPath(new URL('lab.sh', import.meta.url));
const DIRECTORY = process.env.P2PIMG_LAB_DIR ?? '/var/lib/p2pimg-lab';
const LAN = 'p2plab-lan';

/** What a workstation's engine is; `none` has no engine at all. */
export type Engine = 'docker-containerd' | 'docker-classic' | 'docker-20.10' | 'podman' | 'none';

/** The names of the lab's workstations, as lab.sh knows them. */
export type WorkstationName = 'ada' | 'bob' | 'cleo' | 'dan' | 'eve' | 'nas' | 'mallory';

/** How to start a program on a workstation; `env` adds to the lab's own (HOME, DOCKER_HOST, XDG_RUNTIME_DIR) and wins over it. */
export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** `SpawnOptions` for a program that is waited for; after `timeoutMs` (default 120000) it is killed. */
export interface RunOptions extends SpawnOptions {
  readonly input?: Input;
  readonly timeoutMs?: number;
}

/** A whole answer of an engine's HTTP API. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One machine of the lab: a network namespace, a hostname, a home folder, perhaps an engine. */
export class Workstation {
  /** Its data on the real file system; gone after `lab.sh down`. */
  readonly directory: string;
  /** Its $HOME, so that configuration and keys of workstations are apart. */
  readonly home: string;
  /** Path of its engine's socket; reachable from every namespace. */
  readonly engineSocket: string;
  readonly name: WorkstationName;
  readonly address: string;
  readonly engine: Engine;

  constructor(name: WorkstationName, address: string, engine: Engine) {
    this.name = name;
    this.address = address;
    this.engine = engine;
    this.directory = `${DIRECTORY}/${name}`;
    this.home = `${this.directory}/home`;
    this.engineSocket = `${this.directory}/engine.sock`;
  }

  /** Starts a program here; signals sent to the child reach the program itself. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const settings = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
    return spawn(LAB, ['exec', this.name, 'env', ...settings, ...argv], {
      cwd: options.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Runs a program here to its end; never rejects for its exit code. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    return finish(this.spawn(argv, options), options.input ?? '', options.timeoutMs ?? 120_000);
  }

  /** Runs the docker command line against this workstation's engine (Podman too) and returns its output, trimmed; rejects if it fails. */
  async docker(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(['docker', ...args]);
    if (code !== 0) throw new Error(`docker ${args.join(' ')} on ${this.name}: exit ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** Sends one request to the engine's HTTP API and reads the whole answer, whatever its status. */
  async api(
    method: string,
    path: string,
    body?: Input,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const sent = request({ socketPath: this.engineSocket, method, path, headers });
    const answer = new Promise<Answer>((resolve, reject) => {
      sent.on('error', reject).on('response', (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
          reject,
        );
      });
    });
    if (body instanceof Readable) await Promise.all([answer, pipeline(body, sent)]);
    else sent.end(body);
    return answer;
  }

  /** `docker load` of an archive; returns the engine's answer, JSON lines, and rejects if it tells an error. */
  async load(archive: Input): Promise<string> {
    const { status, body } = await this.api('POST', '/images/load?quiet=1', archive, {
      'content-type': 'application/x-tar',
    });
    const text = body.toString();
    if (status !== 200 || text.includes('"errorDetail"'))
      throw new Error(`load on ${this.name}: ${status} ${text}`);
    return text;
  }

  /** Removes every image and stopped container of the engine. */
  async removeImages(): Promise<void> {
    const ids = (await this.docker('images', '--all', '--quiet', '--no-trunc')).split('\n').filter(Boolean);
    if (ids.length > 0) await this.docker('rmi', '--force', ...new Set(ids));
  }

  /** Bytes that came in over eth0 since `lab.sh up`. */
  async rxBytes(): Promise<number> {
    return (await this.traffic()).rx;
  }

  /** Bytes that went out over eth0 since `lab.sh up`. */
  async txBytes(): Promise<number> {
    return (await this.traffic()).tx;
  }

  /** Plugs or unplugs the cable: eth0 keeps its addresses and routes, but has no carrier. */
  async link(state: 'up' | 'down'): Promise<void> {
    await sh('ip', '-n', LAN, 'link', 'set', this.name, state);
  }

  /** Gives eth0 another address in place of one that it has. */
  async readdress(from: string, to: string): Promise<void> {
    await sh('ip', '-n', this.netns, 'address', 'delete', `${from}/24`, 'dev', 'eth0');
    await sh('ip', '-n', this.netns, 'address', 'add', `${to}/24`, 'dev', 'eth0');
    for (const route of [
      ['default', 'via', '10.77.0.1'],
      ['224.0.0.0/4', 'dev', 'eth0'],
    ])
      await sh('ip', '-n', this.netns, 'route', 'replace', ...route);
  }

  /** Limits the link to `rateMbit` megabit/s in both directions; undefined takes the limit away. */
  async shape(rateMbit: number | undefined): Promise<void> {
    for (const [netns, device] of [
      [this.netns, 'eth0'],
      [LAN, this.name],
    ] as const) {
      if (rateMbit !== undefined) {
        const rate = ['tbf', 'rate', `${rateMbit}mbit`, 'burst', '512kb', 'latency', '50ms'];
        await sh('tc', '-n', netns, 'qdisc', 'replace', 'dev', device, 'root', ...rate);
      } else if ((await sh('tc', '-n', netns, 'qdisc', 'show', 'dev', device, 'root')).includes('tbf')) {
        await sh('tc', '-n', netns, 'qdisc', 'delete', 'dev', device, 'root');
      }
    }
  }

  /** Drops UDP 5353 both ways: a network without multicast DNS. */
  async blockMdns(): Promise<void> {
    await this.unblock();
    await sh(
      'nsenter',
      `--net=/run/netns/${this.netns}`,
      'nft',
      [
        'table inet p2plab {',
        'chain input { type filter hook input priority 0; udp dport 5353 drop; }',
        'chain output { type filter hook output priority 0; udp dport 5353 drop; }',
        '}',
      ].join('\n'),
    );
  }

  /** Undoes `blockMdns`. */
  async unblock(): Promise<void> {
    await sh(
      'nsenter',
      `--net=/run/netns/${this.netns}`,
      'nft',
      'add table inet p2plab; delete table inet p2plab',
    );
  }

  private get netns(): string {
    return `p2plab-${this.name}`;
  }

  private async traffic(): Promise<{ rx: number; tx: number }> {
    const [link] = JSON.parse(
      await sh('ip', '-n', this.netns, '-json', '-statistics', 'link', 'show', 'eth0'),
    ) as [{ stats64: { rx: { bytes: number }; tx: { bytes: number } } }];
    return { rx: link.stats64.rx.bytes, tx: link.stats64.tx.bytes };
  }
}

/** The lab's workstations, by name. */
export const workstations: Readonly<Record<WorkstationName, Workstation>> = {
  ada: new Workstation('ada', '10.77.0.11', 'docker-containerd'),
  bob: new Workstation('bob', '10.77.0.12', 'docker-containerd'),
  cleo: new Workstation('cleo', '10.77.0.13', 'docker-classic'),
  dan: new Workstation('dan', '10.77.0.14', 'docker-20.10'),
  eve: new Workstation('eve', '10.77.0.15', 'podman'),
  nas: new Workstation('nas', '10.77.0.16', 'none'),
  mallory: new Workstation('mallory', '10.77.0.66', 'none'),
};

/** Stops a workstation's engine as its user would (SIGTERM); its images stay. */
export async function stopEngine(workstation: Workstation): Promise<void> {
  await sh(LAB, 'engine', 'stop', workstation.name);
}

/** Ends a workstation's engine without its knowing (SIGKILL). */
export async function killEngine(workstation: Workstation): Promise<void> {
  await sh(LAB, 'engine', 'kill', workstation.name);
}

/** Starts a workstation's engine and waits until it answers; another kind than its own finds what that one left. */
export async function startEngine(workstation: Workstation, engine = workstation.engine): Promise<void> {
  await sh(LAB, 'engine', 'start', workstation.name, engine);
}

/** Brings the whole lab up (at once if it is up already); needs root. */
export async function bringUpLab(): Promise<void> {
  await sh(LAB, 'up');
}

/** Installs what a test needs beside the engines, as Debian packages; what is there stays as it is. */
export async function installPackages(...names: readonly string[]): Promise<void> {
  await sh(LAB, 'packages', ...names);
}
