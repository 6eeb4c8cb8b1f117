import { P2pimgError } from '../error.js';
import type { AgentCommand, Service, ServiceStatus } from './port.js';
import type { RunProgram } from './program.js';

const task = 'p2pimg';

/** A scheduled task of Windows, which runs from logon to logoff. It keeps no log. */
export class ScheduledTask implements Service {
  readonly #run: RunProgram;

  constructor(run: RunProgram) {
    this.#run = run;
  }

  /** The task has the environment that the user has at logon; nothing is carried over into it. */
  async install({ words }: AgentCommand): Promise<void> {
    const command = words.map(quoted).join(' ');
    await this.#schtasks('/Create', '/F', '/SC', 'ONLOGON', '/RL', 'LIMITED', '/TN', task, '/TR', command);
    await this.start();
  }

  async uninstall(): Promise<void> {
    if ((await this.#query()) === undefined) return;
    await this.stop();
    await this.#schtasks('/Delete', '/F', '/TN', task);
  }

  async start(): Promise<void> {
    await this.#schtasks('/Run', '/TN', task);
  }

  async stop(): Promise<void> {
    await this.#schtasks('/End', '/TN', task);
  }

  async status(): Promise<ServiceStatus> {
    const queried = await this.#query();
    const isRunning = /"Running"/.test(queried ?? '');
    return {
      by: 'the task scheduler',
      state: queried === undefined ? 'absent' : isRunning ? 'running' : 'stopped',
      atLogin: queried !== undefined,
    };
  }

  logs(): undefined {
    return undefined;
  }

  async #query(): Promise<string | undefined> {
    const ended = await this.#run('schtasks', '/Query', '/TN', task, '/FO', 'CSV', '/NH');
    return ended.type === 'ended' && ended.code === 0 ? ended.stdout : undefined;
  }

  async #schtasks(...args: readonly string[]): Promise<void> {
    const ended = await this.#run('schtasks', ...args);
    if (ended.type === 'ended' && ended.code === 0) return;
    const reason = ended.type === 'absent' ? 'there is no schtasks' : ended.stderr.trim();
    const command = `schtasks ${args.join(' ')}`;
    throw new P2pimgError('SERVICE_FAILED', `${command}: ${reason}`, { command, reason });
  }
}

const quoted = (word: string): string => (/[\s"]/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word);
