import { rm } from 'node:fs/promises';
import path from 'node:path';
import { P2pimgError } from '../error.js';
import { plistFolderNote, plistFor } from './launchd-plist.js';
import { placeFile, readIfThere, unplaceFile } from './placed-file.js';
import type { AgentCommand, Service, ServiceStatus } from './port.js';
import type { Ended, RunProgram } from './program.js';

const label = 'io.github.p2pimg.agent';

/** A LaunchAgent of macOS: it runs from login to logout. */
export class LaunchdService implements Service {
  readonly #file: string;
  readonly #log: string;
  readonly #domain: string;
  readonly #run: RunProgram;

  constructor(home: string, uid: number, run: RunProgram) {
    this.#file = path.join(home, 'Library', 'LaunchAgents', `${label}.plist`);
    this.#log = path.join(home, 'Library', 'Logs', 'p2pimg.log');
    this.#domain = `gui/${uid}`;
    this.#run = run;
  }

  async install(agent: AgentCommand): Promise<void> {
    const isOther = await placeFile(this.#file, plistFor(agent, this.#log), plistFolderNote);
    if (isOther && (await this.#print()) !== undefined) await this.#bootOut();
    await this.start();
  }

  async uninstall(): Promise<void> {
    if ((await this.#print()) !== undefined) await this.#bootOut();
    await unplaceFile(this.#file, plistFolderNote);
    await rm(this.#log, { force: true });
  }

  /** What was loaded starts by itself; `kickstart` is for what was stopped since. */
  async start(): Promise<void> {
    if ((await this.#print()) === undefined) await this.#launchctl('bootstrap', this.#domain, this.#file);
    else await this.#launchctl('kickstart', this.#service);
  }

  /** Ends well after SIGTERM, and so is not started again before the next login. */
  async stop(): Promise<void> {
    const printed = await this.#print();
    if (printed !== undefined && /^\tpid = /m.test(printed))
      await this.#launchctl('kill', 'SIGTERM', this.#service);
  }

  async status(): Promise<ServiceStatus> {
    const isInstalled = (await readIfThere(this.#file)) !== undefined;
    const printed = await this.#print();
    const [, pid] = /^\tpid = (\d+)$/m.exec(printed ?? '') ?? [];
    const [, lastExit] = /^\tlast exit code = (\d+)/m.exec(printed ?? '') ?? [];
    const isFailed = pid === undefined && lastExit !== undefined && lastExit !== '0';
    return {
      by: 'launchd',
      file: this.#file,
      state: !isInstalled ? 'absent' : pid !== undefined ? 'running' : isFailed ? 'failed' : 'stopped',
      atLogin: isInstalled,
      pid: pid === undefined ? undefined : Number(pid),
      reason: isFailed ? `it ended with ${lastExit}` : undefined,
    };
  }

  logs(lines: number, follow: boolean): readonly string[] {
    return ['tail', '-n', String(lines), ...(follow ? ['-F'] : []), this.#log];
  }

  get #service(): string {
    return `${this.#domain}/${label}`;
  }

  /** What launchd knows of it; nothing where it is not loaded. */
  async #print(): Promise<string | undefined> {
    const ended = await this.#run('launchctl', 'print', this.#service);
    return ended.type === 'ended' && ended.code === 0 ? ended.stdout : undefined;
  }

  async #bootOut(): Promise<void> {
    await this.#launchctl('bootout', this.#service);
  }

  async #launchctl(...args: readonly string[]): Promise<void> {
    const ended: Ended = await this.#run('launchctl', ...args);
    if (ended.type === 'ended' && ended.code === 0) return;
    const reason = ended.type === 'absent' ? 'there is no launchctl' : ended.stderr.trim();
    const command = `launchctl ${args.join(' ')}`;
    throw new P2pimgError('SERVICE_FAILED', `${command}: ${reason}`, { command, reason });
  }
}
