import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Closable, GetEvent, Operations } from '../../src/control/api.js';
import { connectControl } from '../../src/control/client.js';
import { serveControl } from '../../src/control/server.js';
import { P2pimgError } from '../../src/error.js';
import { endlessGet, failingGet, found, goodEvents, ScriptedOperations } from './scripted-operations.js';

describe.skipIf(process.platform === 'win32')('the control client', () => {
  let home: string;
  let socket: string;
  let operations: ScriptedOperations;
  let server: Closable | undefined;
  const never = new AbortController().signal;

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

  async function connected(): Promise<Operations> {
    server = await serveControl(operations, socket);
    const client = await connectControl(socket);
    if (client === undefined) throw new Error('no agent answered');
    return client;
  }

  async function all(events: AsyncIterable<GetEvent>): Promise<GetEvent[]> {
    const seen: GetEvent[] = [];
    for await (const event of events) seen.push(event);
    return seen;
  }

  it('finds no agent where there is no socket', async () => {
    expect(await connectControl(socket)).toBeUndefined();
  });

  it('finds no agent where the socket is of a dead one', async () => {
    const dead = join(home, 'dead.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    expect(await connectControl(dead)).toBeUndefined();
  });

  it('passes on every event of a get', async () => {
    const client = await connected();
    expect(await all(client.get({ image: 'team/app:2', from: 'mara' }, never))).toEqual(goodEvents);
    expect(operations.calls).toEqual([{ get: { image: 'team/app:2', from: 'mara' } }]);
  });

  it('throws what the agent reported, with its code and facts, after the events before it', async () => {
    const client = await connected();
    operations.onGet = () =>
      failingGet(new P2pimgError('PEER_LOST', 'gone', { peer: 'mara', received: 3 }), found);
    const seen: GetEvent[] = [];
    const got = (async () => {
      for await (const event of client.get({ image: 'x' }, never)) seen.push(event);
    })();
    await expect(got).rejects.toMatchObject({
      code: 'PEER_LOST',
      message: 'gone',
      facts: { peer: 'mara', received: 3 },
    });
    expect(seen).toEqual([found]);
  });

  it('waits for the clean end of a get that it cancelled', async () => {
    const client = await connected();
    const order: string[] = [];
    operations.onGet = (_, signal) => endlessGet(signal, async () => void order.push('cleaned'), found);
    const controller = new AbortController();
    const got = (async () => {
      for await (const _ of client.get({ image: 'x' }, controller.signal)) controller.abort();
    })();
    await expect(got).rejects.toMatchObject({ code: 'INTERRUPTED' });
    order.push('told');
    expect(order).toEqual(['cleaned', 'told']);
  });

  it('cancels a get whose loop is left early', async () => {
    const client = await connected();
    const cleaned = new Promise<void>((resolve) => {
      operations.onGet = (_, signal) => endlessGet(signal, async () => resolve(), found);
    });
    for await (const _ of client.get({ image: 'x' }, never)) break;
    await cleaned;
  });

  it('does not ask at all where the signal is aborted already', async () => {
    const client = await connected();
    await expect(all(client.get({ image: 'x' }, AbortSignal.abort()))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(operations.calls).toEqual([]);
  });

  it.each([
    ['before its answer', ''],
    ['in the middle of a line', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{"type":\r\n'],
    [
      'between two lines',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n13\r\n{"type":"looking"}\n\r\n',
    ],
  ])('says so when the agent dies %s', async (_, sent) => {
    const path = join(home, 'dying.sock');
    const dying = createServer((connection) => {
      connection.on('error', () => undefined);
      connection.once('data', () => connection.end(sent));
    });
    await once(dying.listen(path), 'listening');
    const client = await connectControl(path);
    const got = all(client?.get({ image: 'x' }, never) ?? failingGet(new Error('no agent')));
    await expect(got).rejects.toMatchObject({ code: 'UNEXPECTED', facts: { agent: 'lost' } });
    dying.close();
  });

  it('asks for every report, and for what the team does', async () => {
    const client = await connected();
    expect(await client.list()).toEqual(operations.listReport);
    expect(await client.peers()).toEqual(operations.peersReport);
    expect(await client.status()).toEqual(operations.statusReport);
    expect(await client.showTeam()).toEqual(operations.teamReport);
    expect(await client.createTeam(true)).toEqual(operations.teamReport);
    expect(await client.joinTeam('secret', false)).toEqual(operations.teamReport);
    expect(await client.leaveTeam()).toBeUndefined();
    expect(operations.calls).toEqual([
      { show: true },
      { create: { replace: true } },
      { join: { invite: 'secret', replace: false } },
      { leave: true },
    ]);
  });

  it('throws what a request failed of', async () => {
    const client = await connected();
    operations.teamFailure = new P2pimgError('TEAM_IN_USE', 'in use', { members: ['mara', 'jonas'] });
    await expect(client.createTeam(false)).rejects.toMatchObject({
      code: 'TEAM_IN_USE',
      facts: { members: ['mara', 'jonas'] },
    });
  });
});
