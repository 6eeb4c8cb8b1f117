import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { DockerClient } from '../../../src/engine/docker/client.js';
import type { Digest } from '../../../src/image/digest.js';
import { testFolder } from '../store-folder.js';

/** What a call answers: JSON with a status (200 where none is said), or whatever it does itself. */
export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | ((response: ServerResponse) => void);

/** An engine's API on a Unix socket, with only these routes (`GET /images/json`), and the calls that came. */
export async function engineApi(routes: (call: string, query: URLSearchParams) => Answer | undefined) {
  const calls: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const url = new URL(request.url ?? '', 'http://engine');
    const call = `${request.method} ${decodeURIComponent(url.pathname)}`;
    calls.push(call);
    const answer = routes(call, url.searchParams) ?? {
      status: 404,
      json: { message: `no such thing: ${call}` },
    };
    if (typeof answer === 'function') return answer(response);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.json));
  });
  const socket = path.join(await testFolder(), 'engine.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = { address: `unix://${socket}`, namedBy: 'test' };
  return { calls, endpoint, client: new DockerClient(endpoint) };
}

/** An image of a made-up engine; its layers by diffID, bottom first. */
export interface MadeUp {
  readonly Id: Digest;
  readonly layers?: readonly Digest[];
  readonly RepoTags?: readonly string[] | null;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The routes that list and inspect images, of those that `images` gives at that moment. */
export function imageRoutes(images: () => readonly MadeUp[]) {
  return (call: string): Answer | undefined => {
    if (call === 'GET /images/json')
      return { json: images().map(({ Id, RepoTags = null }) => ({ Id, RepoTags, Created: 0, Size: 1 })) };
    const image = images().find(({ Id }) => call === `GET /images/${Id}/json`);
    if (image === undefined) return undefined;
    const { Id, layers = [], more } = image;
    return {
      json: { Id, Os: 'linux', Architecture: 'arm64', Variant: 'v8', RootFS: { Layers: layers }, ...more },
    };
  };
}
