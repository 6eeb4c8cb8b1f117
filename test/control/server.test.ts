import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Closable } from '../../src/control/api.js';
import { serveControl } from '../../src/control/server.js';
import { endlessGet, goodEvents, ScriptedOperations } from './scripted-operations.js';

describe.skipIf(process.platform === 'win32')('the control server', () => {
  let home: string;
  let socket: string;
  let operations: ScriptedOperations;
  let server: Closable | undefined;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'p2pimg-'));
    socket = join(home, 'run', 'agent.sock');
    operations = new ScriptedOperations();
  });

  afterEach(async () => {
    await server?.close();
    server = undefined;
    await rm(home, { recursive: true, force: true });
  });

  async function send(method: string, path: string, body?: string): Promise<IncomingMessage> {
    const request = httpRequest({ socketPath: socket, method, path, agent: false });
    request.on('error', () => undefined);
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }

  async function text(response: IncomingMessage): Promise<string> {
    let all = '';
    for await (const piece of response.setEncoding('utf8')) all += piece;
    return all;
  }

  it('listens on a socket of 0600 in a folder of 0700', async () => {
    server = await serveControl(operations, socket);
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(socket))).mode & 0o777).toBe(0o700);
  });

  it('closes to others a folder that was open to them', async () => {
    await mkdir(dirname(socket), { recursive: true });
    await chmod(dirname(socket), 0o755);
    server = await serveControl(operations, socket);
    expect((await stat(dirname(socket))).mode & 0o777).toBe(0o700);
  });

  it('replaces the socket of an agent that was killed', async () => {
    await mkdir(dirname(socket), { recursive: true });
    const script = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect((await stat(socket)).isSocket()).toBe(true);
    server = await serveControl(operations, socket);
    expect((await send('GET', '/v1/status')).statusCode).toBe(200);
  });

  it('refuses to start beside an agent that is alive', async () => {
    server = await serveControl(operations, socket);
    await expect(serveControl(new ScriptedOperations(), socket)).rejects.toMatchObject({
      code: 'AGENT_RUNNING',
    });
    expect((await send('GET', '/v1/status')).statusCode).toBe(200);
  });

  it('refuses a runtime folder that is something else', async () => {
    await writeFile(join(home, 'run'), '');
    await expect(serveControl(operations, socket)).rejects.toThrow();
  });

  it('streams the events of a get as one JSON object a line', async () => {
    server = await serveControl(operations, socket);
    const response = await send('POST', '/v1/get', '{"image":"team/app:2","platform":"linux/arm64"}');
    const sent = (await text(response)).trimEnd().split('\n');
    expect(sent.map((line) => JSON.parse(line))).toEqual(goodEvents);
    expect(operations.calls).toEqual([{ get: { image: 'team/app:2', platform: 'linux/arm64' } }]);
  });

  it('cancels a get when its client goes away', async () => {
    const cleaned = new Promise<void>((resolve) => {
      operations.onGet = (_, signal) => endlessGet(signal, async () => resolve(), ...goodEvents.slice(0, 3));
    });
    server = await serveControl(operations, socket);
    const response = await send('POST', '/v1/get', '{"image":"team/app:2"}');
    await once(response, 'readable');
    response.destroy();
    await cleaned;
  });

  it.each([
    ['is not JSON', '{'],
    ['lacks its image', '{}'],
    ['is over 64 KiB', JSON.stringify({ image: 'x'.repeat(70_000) })],
  ])('refuses a body that %s', async (_, body) => {
    server = await serveControl(operations, socket);
    const response = await send('POST', '/v1/get', body);
    expect(response.statusCode).toBe(400);
    expect(JSON.parse(await text(response))).toMatchObject({ type: 'error', code: 'USAGE' });
    expect(operations.calls).toEqual([]);
  });

  it('tells a request that it does not know', async () => {
    server = await serveControl(operations, socket);
    const response = await send('GET', '/v2/list');
    expect(response.statusCode).toBe(500);
    expect(JSON.parse(await text(response))).toMatchObject({ type: 'error', code: 'UNEXPECTED' });
  });

  it('ends the gets under way before it closes', async () => {
    const order: string[] = [];
    operations.onGet = (_, signal) =>
      endlessGet(signal, async () => void order.push('cleaned'), ...goodEvents.slice(0, 1));
    server = await serveControl(operations, socket);
    const response = await send('POST', '/v1/get', '{"image":"team/app:2"}');
    await once(response, 'readable');
    const rest = text(response);
    await server.close();
    server = undefined;
    order.push('closed');
    expect(order).toEqual(['cleaned', 'closed']);
    expect(await rest).toContain('"code":"INTERRUPTED"');
  });
});
