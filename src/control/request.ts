import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { P2pimgError } from '../error.js';
import { errorOf, isErrorReport } from './report.js';

const answersWithinMs = 60_000;

/** Sends one request and resolves with its answer's JSON; throws what the agent reports. */
export async function ask<T>(socketPath: string, method: string, path: string, body?: unknown): Promise<T> {
  const timeout = AbortSignal.timeout(answersWithinMs);
  const response = await openResponse(socketPath, method, path, body, timeout);
  return (await readJson(response)) as T;
}

/** Asks for a text that is no JSON. */
export async function askText(socketPath: string, path: string): Promise<string> {
  const timeout = AbortSignal.timeout(answersWithinMs);
  const response = await openResponse(socketPath, 'GET', path, undefined, timeout);
  return text(response).catch((cause: unknown) => {
    throw agentLost(cause);
  });
}

/** Sends one request and resolves with its answer once that begins well; throws what the agent reports. */
export async function openResponse(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const request = httpRequest({ socketPath, method, path, agent: false, ...(signal ? { signal } : {}) });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  // what happens after the answer began is told by the response; without a listener it would end the process
  request.on('error', () => undefined);
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await answered.catch((cause: unknown) => {
    throw agentLost(cause);
  });
  if (response.statusCode === 200) return response;
  const report = await readJson(response);
  throw isErrorReport(report) ? errorOf(report) : agentLost(new Error(`HTTP ${response.statusCode}`));
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  try {
    const pieces: Buffer[] = [];
    for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (cause) {
    throw agentLost(cause);
  }
}

/** The agent went away, or stopped answering, in the middle of it. */
export function agentLost(cause: unknown): P2pimgError {
  return new P2pimgError('UNEXPECTED', 'the agent on this device went away', { agent: 'lost' }, cause);
}
