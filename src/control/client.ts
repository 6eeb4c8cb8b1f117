import { P2pimgError } from '../error.js';
import type {
  Closable,
  GetEvent,
  GetRequest,
  ListReport,
  Operations,
  PeersReport,
  SettingsChange,
  SettingsReport,
  StatusReport,
  TeamReport,
} from './api.js';
import { findOwnSocket } from './folder.js';
import { getIdHeader } from './header.js';
import { lines } from './lines.js';
import { isAnswered } from './probe.js';
import { errorOf, isErrorReport } from './report.js';
import { agentLost, ask, openResponse } from './request.js';

/** The operations of the agent that answers on this socket, or nothing where none does; throws `SECRET_EXPOSED`. */
export async function connectControl(socketPath: string): Promise<(Operations & Closable) | undefined> {
  if ((await findOwnSocket(socketPath)) === 'absent') return undefined;
  return (await isAnswered(socketPath)) ? new ControlClient(socketPath) : undefined;
}

class ControlClient implements Operations, Closable {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async *get(request: GetRequest, signal: AbortSignal): AsyncGenerator<GetEvent> {
    if (signal.aborted) throw interrupted();
    const response = await openResponse(this.#socketPath, 'POST', '/v1/get', request);
    const cancel = () => {
      // the stream stays open: its end says that the agent has cleaned up
      ask(this.#socketPath, 'DELETE', `/v1/get/${response.headers[getIdHeader]}`).catch(() =>
        response.destroy(),
      );
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    let last: GetEvent | undefined;
    try {
      for await (const line of lines(response)) {
        const event: unknown = JSON.parse(line);
        if (isErrorReport(event)) throw errorOf(event);
        last = event as GetEvent;
        yield last;
      }
      if (last?.type !== 'done' && !(request.dryRun && last?.type === 'plan'))
        throw new Error('the events ended before the get did');
    } catch (error) {
      if (error instanceof P2pimgError) throw error;
      throw signal.aborted ? interrupted() : agentLost(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      response.destroy();
    }
  }

  list(): Promise<ListReport> {
    return ask(this.#socketPath, 'GET', '/v1/list');
  }

  peers(): Promise<PeersReport> {
    return ask(this.#socketPath, 'GET', '/v1/peers');
  }

  status(): Promise<StatusReport> {
    return ask(this.#socketPath, 'GET', '/v1/status');
  }

  showTeam(): Promise<TeamReport> {
    return ask(this.#socketPath, 'GET', '/v1/team');
  }

  createTeam(replace: boolean): Promise<TeamReport> {
    return ask(this.#socketPath, 'POST', '/v1/team', { replace });
  }

  joinTeam(invite: string, replace: boolean): Promise<TeamReport> {
    return ask(this.#socketPath, 'POST', '/v1/team/join', { invite, replace });
  }

  async leaveTeam(): Promise<void> {
    await ask(this.#socketPath, 'DELETE', '/v1/team');
  }

  settings(): Promise<SettingsReport> {
    return ask(this.#socketPath, 'GET', '/v1/settings');
  }

  changeSettings(change: SettingsChange): Promise<SettingsReport> {
    return ask(this.#socketPath, 'POST', '/v1/settings', change);
  }

  async close(): Promise<void> {
    // each request has a connection of its own, closed with it
  }
}

function interrupted(): P2pimgError {
  return new P2pimgError('INTERRUPTED', 'interrupted');
}
