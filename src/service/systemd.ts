import path from 'node:path';
import { P2pimgError } from '../error.js';
import { placeFile, readIfThere, unplaceFile } from './placed-file.js';
import type { AgentCommand, Service, ServiceStatus } from './port.js';
import type { RunProgram } from './program.js';
import { unitFolderNote, unitFor } from './systemd-unit.js';

const unit = 'p2pimg.service';
const shown = ['LoadState', 'ActiveState', 'MainPID', 'UnitFileState', 'Result', 'ExecMainStatus'] as const;

/** A user unit of systemd: it runs from login to logout. */
export class SystemdService implements Service {
  readonly #file: string;
  readonly #run: RunProgram;

  constructor(configFolder: string, run: RunProgram) {
    this.#file = path.join(configFolder, 'systemd', 'user', unit);
    this.#run = run;
  }

  /** Whether the user's systemd answers here. */
  static async answers(run: RunProgram): Promise<boolean> {
    const ended = await run('systemctl', '--user', 'show', '--property=Version');
    return ended.type === 'ended' && ended.code === 0;
  }

  async install(agent: AgentCommand): Promise<void> {
    const isOther = await placeFile(this.#file, unitFor(agent), unitFolderNote);
    await this.#systemctl('daemon-reload');
    await this.#systemctl('enable', unit);
    await this.#systemctl('reset-failed', unit).catch(() => undefined); // it is an error where it never ran
    await this.#systemctl(isOther ? 'restart' : 'start', unit);
  }

  async uninstall(): Promise<void> {
    if ((await readIfThere(this.#file)) === undefined) return;
    await this.#systemctl('disable', '--now', unit);
    await unplaceFile(this.#file, unitFolderNote);
    await this.#systemctl('daemon-reload');
    await this.#systemctl('reset-failed', unit).catch(() => undefined); // there is nothing to forget, mostly
  }

  async start(): Promise<void> {
    await this.#systemctl('start', unit);
  }

  async stop(): Promise<void> {
    await this.#systemctl('stop', unit);
  }

  async status(): Promise<ServiceStatus> {
    const said = await this.#systemctl('show', unit, `--property=${shown.join()}`);
    const facts = new Map(said.split('\n').map((line) => line.split('=', 2) as [string, string]));
    const pid = Number(facts.get('MainPID'));
    return {
      by: 'systemd',
      file: this.#file,
      state: facts.get('LoadState') === 'not-found' ? 'absent' : stateOf(facts.get('ActiveState')),
      atLogin: facts.get('UnitFileState') === 'enabled',
      pid: pid > 0 ? pid : undefined,
      reason: reasonOf(facts),
    };
  }

  logs(lines: number, follow: boolean): readonly string[] {
    const more = follow ? ['--follow'] : [];
    return ['journalctl', '--user', `--unit=${unit}`, `--lines=${lines}`, '--output=cat', ...more];
  }

  async #systemctl(...args: readonly string[]): Promise<string> {
    const ended = await this.#run('systemctl', '--user', '--no-ask-password', ...args);
    if (ended.type === 'ended' && ended.code === 0) return ended.stdout;
    const reason = ended.type === 'absent' ? 'there is no systemctl' : ended.stderr.trim();
    throw new P2pimgError('SERVICE_FAILED', `systemctl ${args.join(' ')}: ${reason}`, {
      command: `systemctl --user ${args.join(' ')}`,
      reason,
    });
  }
}

function stateOf(active: string | undefined): ServiceStatus['state'] {
  switch (active) {
    case 'active':
      return 'running';
    case 'activating':
    case 'reloading':
      return 'starting';
    case 'failed':
      return 'failed';
    default:
      return 'stopped';
  }
}

function reasonOf(facts: ReadonlyMap<string, string>): string | undefined {
  const result = facts.get('Result');
  if (facts.get('ActiveState') !== 'failed' || result === undefined) return undefined;
  return result === 'exit-code' ? `it ended with ${facts.get('ExecMainStatus')}` : result;
}
