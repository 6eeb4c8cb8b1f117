import type { IncomingMessage, ServerResponse } from 'node:http';
import { P2pimgError } from '../error.js';
import type { Operations } from './api.js';
import { bodies, readBody } from './body.js';
import type { Gets } from './gets.js';
import { reportOf } from './report.js';

type Answer = (request: IncomingMessage) => Promise<unknown>;

/** Answers the requests of the control socket, all but the stream of `get` with one JSON value. */
export function controlRoutes(operations: Operations, gets: Gets) {
  const answers: Readonly<Record<string, Answer>> = {
    'GET /v1/list': () => operations.list(),
    'GET /v1/peers': () => operations.peers(),
    'GET /v1/status': () => operations.status(),
    'GET /v1/team': () => operations.showTeam(),
    'POST /v1/team': async (request) =>
      operations.createTeam((await readBody(request, bodies.create)).replace),
    'POST /v1/team/join': async (request) => {
      const { invite, replace } = await readBody(request, bodies.join);
      return operations.joinTeam(invite, replace);
    },
    'DELETE /v1/team': () => operations.leaveTeam(),
    'GET /v1/settings': () => operations.settings(),
    'POST /v1/settings': async (request) =>
      operations.changeSettings(await readBody(request, bodies.settings)),
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = `${request.method} ${request.url}`;
    try {
      if (route === 'POST /v1/get') {
        await gets.stream(await readBody(request, bodies.get), response);
        return;
      }
      if (route.startsWith('DELETE /v1/get/')) {
        gets.cancel(route.slice('DELETE /v1/get/'.length));
        sendJson(response, 200, null);
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
  if (response.headersSent) return;
  // a body that was not read to its end must not be taken for the next request
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(value));
}
