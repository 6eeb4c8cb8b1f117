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
import { streamIdHeader } from './header.js';
import { lines } from './lines.js';
import { type ListBody, unpackList } from './list-body.js';
import { isAnswered } from './probe.js';
import { errorOf, isErrorReport } from './report.js';
import { agentLost, ask, askText, openResponse } from './request.js';
import type { Arrival, ArrivalAnswer, ArrivalsReport, SendEvent, SendRequest } from './sending.js';
import type { WatchEvent, WatchRequest } from './watching.js';

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

  get(request: GetRequest, signal: AbortSignal): AsyncGenerator<GetEvent> {
    const isEnd = ({ type }: GetEvent) => type === 'done' || (request.dryRun === true && type === 'plan');
    return this.#follow('/v1/get', request, isEnd, signal);
  }

  send(request: SendRequest, signal: AbortSignal): AsyncGenerator<SendEvent> {
    return this.#follow('/v1/send', request, ({ type }: SendEvent) => type === 'done', signal);
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    return this.#follow('/v1/watch', request, ({ type }: WatchEvent) => type === 'got', signal);
  }

  arrivals(): Promise<ArrivalsReport> {
    return ask(this.#socketPath, 'GET', '/v1/arrivals');
  }

  answer(answer: ArrivalAnswer): Promise<Arrival> {
    return ask(this.#socketPath, 'POST', '/v1/arrivals', answer);
  }

  async list(): Promise<ListReport> {
    return unpackList(await ask<ListBody>(this.#socketPath, 'GET', '/v1/list'));
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

  joinTeam(invite: string, replace: boolean, graceSeconds?: number): Promise<TeamReport> {
    return ask(this.#socketPath, 'POST', '/v1/team/join', { invite, replace, graceSeconds });
  }

  rotateTeam(graceSeconds: number): Promise<TeamReport> {
    return ask(this.#socketPath, 'POST', '/v1/team/rotate', { graceSeconds });
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

  metrics(): Promise<string> {
    return askText(this.#socketPath, '/metrics');
  }

  async close(): Promise<void> {
    // each request has a connection of its own, closed with it
  }

  /** The events of one operation, to its end, which must be one that is an end. */
  async *#follow<Event>(
    path: string,
    request: unknown,
    isEnd: (last: Event) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Event> {
    if (signal.aborted) throw interrupted();
    const response = await openResponse(this.#socketPath, 'POST', path, request);
    const cancel = () => {
      // the stream stays open: its end says that the agent has cleaned up
      ask(this.#socketPath, 'DELETE', `/v1/streams/${response.headers[streamIdHeader]}`).catch(() =>
        response.destroy(),
      );
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    let last: Event | undefined;
    try {
      for await (const line of lines(response)) {
        const event: unknown = JSON.parse(line);
        if (isErrorReport(event)) throw errorOf(event);
        last = event as Event;
        yield last;
      }
      if (last === undefined || !isEnd(last)) throw new Error('the events ended too soon');
    } catch (error) {
      if (error instanceof P2pimgError) throw error;
      throw signal.aborted ? interrupted() : agentLost(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      response.destroy();
    }
  }
}

function interrupted(): P2pimgError {
  return new P2pimgError('INTERRUPTED', 'interrupted');
}
