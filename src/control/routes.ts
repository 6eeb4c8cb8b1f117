import type { IncomingMessage, ServerResponse } from 'node:http';
import { P2pimgError } from '../error.js';
import type { Operations } from './api.js';
import { bodies, readBody } from './body.js';
import { expositionType } from './exposition.js';
import { packList } from './list-body.js';
import { reportOf } from './report.js';
import type { Events, Streams } from './streams.js';

const cancels = 'DELETE /v1/streams/';

type Answer = (request: IncomingMessage) => Promise<unknown>;

/** Answers the requests of the control socket, with one JSON value, a stream of events, or the metrics' text. */
export function controlRoutes(operations: Operations, streams: Streams) {
  const answers: Readonly<Record<string, Answer>> = {
    'GET /v1/list': async () => packList(await operations.list()),
    'GET /v1/peers': () => operations.peers(),
    'GET /v1/status': () => operations.status(),
    'GET /v1/team': () => operations.showTeam(),
    'POST /v1/team': async (request) =>
      operations.createTeam((await readBody(request, bodies.create)).replace),
    'POST /v1/team/join': async (request) => {
      const { invite, replace, graceSeconds } = await readBody(request, bodies.join);
      return operations.joinTeam(invite, replace, graceSeconds);
    },
    'POST /v1/team/rotate': async (request) =>
      operations.rotateTeam((await readBody(request, bodies.rotate)).graceSeconds),
    'DELETE /v1/team': () => operations.leaveTeam(),
    'GET /v1/settings': () => operations.settings(),
    'POST /v1/settings': async (request) =>
      operations.changeSettings(await readBody(request, bodies.settings)),
    'GET /v1/arrivals': () => operations.arrivals(),
    'POST /v1/arrivals': async (request) => operations.answer(await readBody(request, bodies.answer)),
  };
  const told: Readonly<Record<string, (request: IncomingMessage) => Promise<Events>>> = {
    'POST /v1/get': async (request) => {
      const body = await readBody(request, bodies.get);
      return (signal) => operations.get(body, signal);
    },
    'POST /v1/send': async (request) => {
      const body = await readBody(request, bodies.send);
      return (signal) => operations.send(body, signal);
    },
    'POST /v1/watch': async (request) => {
      const body = await readBody(request, bodies.watch);
      return (signal) => operations.watch(body, signal);
    },
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = `${request.method} ${request.url}`;
    try {
      const events = told[route];
      if (events !== undefined) {
        await streams.stream(await events(request), response);
        return;
      }
      if (route.startsWith(cancels)) {
        streams.cancel(route.slice(cancels.length));
        sendJson(response, 200, null);
        return;
      }
      if (route === 'GET /metrics') {
        send(response, 200, expositionType, await operations.metrics());
        return;
      }
      const answer = answers[route];
      if (answer === undefined) throw new P2pimgError('UNEXPECTED', 'the agent does not know this request');
      sendJson(response, 200, (await answer(request)) ?? null);
    } catch (error) {
      const report = reportOf(error);
      sendJson(response, report.code === 'USAGE' ? 400 : 500, report);
    }
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return;
  // a body that was not read to its end must not be taken for the next request
  response.writeHead(status, { 'content-type': type, connection: 'close' });
  response.end(body);
}
