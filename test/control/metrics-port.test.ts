import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { MetricsPort } from '../../src/control/metrics-port.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function opened(): Promise<{ metrics: MetricsPort; port: number }> {
  const metrics = new MetricsPort(async () => 'p2pimg_peers 2\n');
  cleanups.push(() => metrics.set(undefined));
  const port = await freePort();
  await metrics.set(port);
  return { metrics, port };
}

async function ask(port: number, { path = '/metrics', method = 'GET', host = `127.0.0.1:${port}` } = {}) {
  const sent = request({ host: '127.0.0.1', port, path, method, headers: { host }, agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  const { statusCode: status, headers } = response;
  return { status, headers, body: await text(response) };
}

const refused = (host: string, port: number) =>
  new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(undefined));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    cleanups.push(() => socket.destroy());
  });

describe('the port of the metrics', () => {
  it('answers this machine', async () => {
    const { metrics, port } = await opened();
    expect(metrics.port).toBe(port);
    const { status, headers, body } = await ask(port);
    expect({ status, body }).toEqual({ status: 200, body: 'p2pimg_peers 2\n' });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect((await ask(port, { host: 'localhost' })).status).toBe(200);
    expect(await ask(port, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it.each(['rebound.example', 'rebound.example:9464', '127.0.0.1.example', 'localhost.example', '10.0.0.1'])(
    'refuses who asks for "%s"',
    async (host) => {
      const { port } = await opened();
      const { status, body } = await ask(port, { host });
      expect(status).toBe(403);
      expect(body).not.toContain('p2pimg_peers');
    },
  );

  it('has nothing else, and takes nothing', async () => {
    const { port } = await opened();
    expect((await ask(port, { path: '/' })).status).toBe(404);
    expect((await ask(port, { path: '/v1/team' })).status).toBe(404);
    expect((await ask(port, { method: 'POST' })).status).toBe(405);
  });

  it('is open on the loopback interface alone', async () => {
    const { port } = await opened();
    const elsewhere = Object.values(networkInterfaces())
      .flat()
      .flatMap((info) => (info?.family === 'IPv4' && info.address !== '127.0.0.1' ? [info.address] : []));
    for (const host of ['127.0.0.2', '::1', ...elsewhere])
      expect(await refused(host, port), host).not.toBeUndefined();
  });

  it('opens, moves and closes with the setting, and cuts off who is connected', async () => {
    const { metrics, port } = await opened();
    const waiting = connect({ host: '127.0.0.1', port });
    await once(waiting, 'connect');
    const cut = once(waiting, 'close');
    const other = await freePort();
    await Promise.all([metrics.set(undefined), metrics.set(other)]);
    await cut;
    expect(await refused('127.0.0.1', port)).toBe('ECONNREFUSED');
    expect((await ask(other)).status).toBe(200);
    await metrics.set(undefined);
    expect([metrics.port, await refused('127.0.0.1', other)]).toEqual([undefined, 'ECONNREFUSED']);
  });

  it('that is taken is told, and another can be named then', async () => {
    const { port } = await opened();
    const second = new MetricsPort(async () => '');
    cleanups.push(() => second.set(undefined));
    await expect(second.set(port)).rejects.toMatchObject({ code: 'PORT_TAKEN', facts: { port } });
    expect(second.port).toBeUndefined();
    await second.set(await freePort());
    expect(second.port).not.toBeUndefined();
  });
});
