import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { holderOf, listeningInode, observePort } from '../../../src/cli/doctor/observers/port.js';
import { observeReach } from '../../../src/cli/doctor/observers/reach.js';
import { observeRoute } from '../../../src/cli/doctor/observers/route.js';
import { observeSocket } from '../../../src/cli/doctor/observers/socket.js';
import { heard } from './seen.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listening(where: { port: number; host: string } | { path: string }): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(where);
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return server;
}

async function somePort(): Promise<number> {
  const server = await listening({ port: 0, host: '127.0.0.1' });
  return (server.address() as { port: number }).port;
}

describe('the port', () => {
  const question = { isConfigured: false, agentPort: undefined, host: '127.0.0.1' };

  it('that another program has is taken, and the program is named', async () => {
    const wanted = await somePort();
    const { state, holder } = await observePort({ ...question, wanted });
    expect(state).toBe('taken');
    if (process.platform === 'linux') expect(holder).toMatchObject({ pid: process.pid });
  });

  it('that the agent has is ours, and one that nobody has is free and stays so', async () => {
    const wanted = await somePort();
    expect(await observePort({ ...question, wanted, agentPort: wanted })).toMatchObject({ state: 'ours' });
    await cleanups.pop()?.();
    for (let time = 0; time < 2; time += 1)
      expect(await observePort({ ...question, wanted })).toMatchObject({ state: 'free', holder: undefined });
  });

  it('is found in a table of the kernel only where it is listened on', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:B96E 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0',
      '   1: 0100007F:B96F 0100007F:B96E 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0 20 4 30 10 -1',
    ].join('\n');
    expect(listeningInode(table, 0xb96e)).toBe('4242');
    expect(listeningInode(table, 0xb96f)).toBeUndefined();
  });

  it('that nobody has is held by nobody', async () => {
    const port = await somePort();
    await cleanups.pop()?.();
    expect(await holderOf(port)).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')("the engine's socket", () => {
  async function socketIn(): Promise<{ path: string; folder: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'p2pimg-doctor-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'engine.sock');
    await listening({ path });
    await chmod(path, 0o660);
    return { path, folder };
  }

  it('is told with its mode, its group, and that this user may', async () => {
    const { path, folder } = await socketIn();
    const { gid } = await stat(path);
    const groups = join(folder, 'group');
    await writeFile(groups, `root:x:4294967:\nengineers:x:${gid}:mara,jonas\n`);
    expect(await observeSocket(`unix://${path}`, groups)).toMatchObject({
      file: { path, mode: 0o660, gid, group: 'engineers' },
      access: 'allowed',
      membership: 'now',
    });
  });

  it('is nothing where the engine is elsewhere, or its socket is gone', async () => {
    expect(await observeSocket('tcp://10.1.2.3:2376')).toBeUndefined();
    expect(await observeSocket('layout:/var/lib/p2pimg')).toBeUndefined();
    expect(await observeSocket('unix:///nonexistent/docker.sock')).toBeUndefined();
  });
});

describe('a peer that advertises itself', () => {
  it('is reached where its port answers at one of its addresses, and else the reason is told', async () => {
    const port = await somePort();
    const closed = await somePort();
    await cleanups.pop()?.();
    const reached = await observeReach([
      heard('bob', '127.0.0.1', { port }),
      heard('cleo', '127.0.0.1', { port: closed }),
    ]);
    expect(reached).toEqual([
      { peer: 'bob', address: `127.0.0.1:${port}`, answer: 'yes' },
      { peer: 'cleo', address: `127.0.0.1:${closed}`, answer: 'ECONNREFUSED' },
    ]);
  });
});

describe('the way out', () => {
  it('is the interface of the address that the system would send from, and tunnels are told by their names', async () => {
    const [address] = Object.values(networkInterfaces())
      .flat()
      .flatMap((info) => (info?.family === 'IPv4' ? [info] : []));
    if (address === undefined) throw new Error('there is no interface at all');
    const { tunnels, exit } = await observeRoute({
      wg0: [{ ...address, address: '10.8.0.2' }],
      utun3: [],
      eth7: [address],
    });
    expect(tunnels).toEqual(['wg0']); // utun3 has no address
    expect([undefined, 'eth7']).toContain(exit); // a machine without a way out has none
  });
});
