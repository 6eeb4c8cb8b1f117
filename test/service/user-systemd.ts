import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { commandLine, type Ended } from '../cli/command.js';
import { until } from '../lab/until.js';

const manager = '/lib/systemd/systemd';
const cgroups = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';

/** Why no systemd of our own can be started here; nothing where it can. */
export function whyNoSystemd(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync(manager)) return 'no systemd';
  const { status } = spawnSync('unshare', ['--mount', '--cgroup', '--pid', '--fork', 'true']);
  return status === 0 ? undefined : 'no namespaces';
}

/**
 * A real `systemd --user`, in a PID, mount and control group namespace of its own, for a home that is empty at first.
 * It sees nothing of the machine's processes, and the machine's own systemd, if any, nothing of it.
 */
export class UserSystemd {
  /** The user's home, and the folder of p2pimg, which is beside it. */
  readonly home: string;
  readonly device: string;
  readonly #folder: string;
  readonly #cgroup: string;
  readonly #outer: ChildProcess;
  readonly #pid: string;

  private constructor(folder: string, cgroup: string, outer: ChildProcess, pid: string) {
    this.#folder = folder;
    this.home = path.join(folder, 'home');
    this.device = path.join(folder, 'device');
    this.#cgroup = cgroup;
    this.#outer = outer;
    this.#pid = pid;
  }

  static async start(): Promise<UserSystemd> {
    const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-systemd-'));
    await mkdir(path.join(folder, 'home'));
    const cgroup = path.join(cgroups, path.basename(folder));
    await mkdir(cgroup);
    const inner = `
      mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0
      mount -t cgroup2 cgroup2 /sys/fs/cgroup
      ${manager} --user >/dev/null 2>&1 &
      until systemctl --user is-system-running >/dev/null 2>&1; do sleep 0.1; done
      echo ready
      wait`;
    const outer = spawn(
      'bash',
      [
        '-c',
        'echo $$ > "$1/cgroup.procs" && exec unshare --mount --cgroup --pid --fork --kill-child --mount-proc bash -c "$2"',
        'outer',
        cgroup,
        inner,
      ],
      { env: environment(folder), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(createInterface(outer.stdout as Readable), 'line');
    const { stdout } = spawnSync('pgrep', ['--parent', String(outer.pid)], { encoding: 'utf8' });
    return new UserSystemd(folder, cgroup, outer, stdout.trim());
  }

  /** Runs a program as this user. */
  async run(program: string, ...args: readonly string[]): Promise<Ended> {
    const child = spawn(
      'nsenter',
      [`--target=${this.#pid}`, '--mount', '--pid', '--cgroup', program, ...args],
      { env: environment(this.#folder), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const written = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...written };
  }

  /** Runs p2pimg as this user. */
  p2pimg(...args: readonly string[]): Promise<Ended> {
    return this.run(process.execPath, ...commandLine, ...args);
  }

  /** One property of the unit, as systemd shows it. */
  async property(name: string): Promise<string> {
    const { stdout } = await this.run(
      'systemctl',
      '--user',
      'show',
      'p2pimg',
      `--property=${name}`,
      '--value',
    );
    return stdout.trim();
  }

  /** Every file and folder below the home. */
  async tree(): Promise<string[]> {
    return (await readdir(this.home, { recursive: true })).toSorted();
  }

  async stop(): Promise<void> {
    const ended = once(this.#outer, 'exit');
    this.#outer.kill('SIGKILL');
    await ended;
    await until(
      () => readFile(path.join(this.#cgroup, 'cgroup.events'), 'utf8'),
      (events) => events.includes('populated 0'),
    );
    for (const folder of (await readdir(this.#cgroup, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted()
      .toReversed())
      await rmdir(folder);
    await rmdir(this.#cgroup);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: path.join(folder, 'home'),
    XDG_RUNTIME_DIR: '/run/user/0',
    P2PIMG_HOME: path.join(folder, 'device'),
  };
}
