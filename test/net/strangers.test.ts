import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { proofHeader } from '../../src/net/handshake.js';
import { prove } from '../../src/trust/proof.js';
import { Team } from '../../src/trust/team.js';
import {
  answerTo,
  dialling,
  keyingMaterialOf,
  listening,
  receiver,
  team,
  tlsTo,
  upgradeRequest,
} from './lab.js';

const refusal = 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const proved = (socket: TLSSocket) => ({ [proofHeader]: prove(team, 'receiver', keyingMaterialOf(socket)) });
const closed = (socket: { once(event: 'close', listener: () => void): unknown }) =>
  new Promise<void>((resolve) => socket.once('close', resolve));

describe('a stranger', () => {
  it.each<[string, (socket: TLSSocket) => string]>([
    ['without a proof', () => upgradeRequest({})],
    ['with an empty proof', () => upgradeRequest({ [proofHeader]: '' })],
    ['with a made-up proof', () => upgradeRequest({ [proofHeader]: 'A'.repeat(43) })],
    [
      'with another team’s proof',
      (socket) =>
        upgradeRequest({ [proofHeader]: prove(Team.create(), 'receiver', keyingMaterialOf(socket)) }),
    ],
    [
      'with a source’s proof',
      (socket) => upgradeRequest({ [proofHeader]: prove(team, 'source', keyingMaterialOf(socket)) }),
    ],
    [
      'with another connection’s proof',
      () => upgradeRequest({ [proofHeader]: prove(team, 'receiver', Buffer.alloc(32, 1)) }),
    ],
    ['on another path', (socket) => upgradeRequest(proved(socket), '/')],
    ['on another path below ours', (socket) => upgradeRequest(proved(socket), '/p2pimg/v1/x')],
    ['of another version without a proof', () => upgradeRequest({}, '/p2pimg/v2')],
    ['that upgrades to something else', (socket) => upgradeRequest({ ...proved(socket), Upgrade: 'h2c' })],
    ['that asks as a browser does', () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['that asks our path as a browser does', () => 'GET /p2pimg/v1 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['that posts', () => 'POST /p2pimg/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi'],
    ['that names no host', () => 'GET / HTTP/1.1\r\n\r\n'],
    ['of HTTP 1.0', () => 'GET / HTTP/1.0\r\n\r\n'],
    ['that speaks HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['that wants a proxy', () => 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n'],
    [
      'that expects to go on',
      () => 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    ],
    ['that expects anything else', () => 'GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n'],
    ['with too long a header', () => upgradeRequest({ 'x-long': 'x'.repeat(20_000) })],
    ['that speaks no HTTP at all', () => 'hello?\r\n\r\n'],
  ])('%s gets the same bare 401', async (_who, request) => {
    const { port, channels, refused } = await listening();
    const socket = await tlsTo(port);
    expect(await answerTo(socket, request(socket))).toBe(refusal);
    expect(refused.all).toHaveLength(1);
    expect(channels.all).toEqual([]);
  });

  it('without a certificate gets the same bare 401, whatever it knows', async () => {
    const { port, refused } = await listening();
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
    expect(await answerTo(socket, upgradeRequest(proved(socket)))).toBe(refusal);
    expect(refused.all).toMatchObject([{ reason: 'no certificate' }]);
  });

  it('is everybody while there is no team', async () => {
    const { port, address } = await listening({ team: () => undefined });
    const socket = await tlsTo(port);
    expect(await answerTo(socket, upgradeRequest(proved(socket)))).toBe(refusal);
    await expect(dialling(address)).rejects.toMatchObject({ code: 'UNPROVED' });
  });

  it('of another team is unproved', async () => {
    const { address, channels } = await listening();
    await expect(dialling(address, { team: Team.create() })).rejects.toMatchObject({
      code: 'UNPROVED',
      facts: { address, reason: 'turned away' },
    });
    expect(channels.all).toEqual([]);
  });

  it('is one no longer once this device has joined its team', async () => {
    let current: Team | undefined;
    const { address, channels } = await listening({ team: () => current });
    await expect(dialling(address)).rejects.toMatchObject({ code: 'UNPROVED' });
    current = team;
    await dialling(address);
    expect((await channels.next()).peerId).toBe(receiver.peerId);
  });

  it('that is a member of another version is told ours', async () => {
    const { port, refused, channels } = await listening();
    const socket = await tlsTo(port);
    const proof = prove(team, 'source', keyingMaterialOf(socket));
    const answer = await answerTo(socket, upgradeRequest(proved(socket), '/p2pimg/v2'));
    expect(answer).toBe(
      `HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\np2pimg-version: 1\r\np2pimg-proof: ${proof}\r\n\r\n`,
    );
    expect(refused.all).toMatchObject([{ reason: 'other version' }]);
    expect(channels.all).toEqual([]);
  });

  it('of TLS 1.2 is refused', async () => {
    const { port } = await listening();
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
    expect(error.code).toMatch(/SSL|TLS/);
  });

  it.each([
    ['says nothing', async (port: number) => connectTcp(port, '127.0.0.1')],
    ['stops after TLS', (port: number) => tlsTo(port)],
    [
      'stops amid its request',
      async (port: number) => {
        const socket = await tlsTo(port);
        socket.write('GET /p2pimg/v1 HTTP/1.1\r\nHost');
        return socket;
      },
    ],
  ])('that %s is cut off when its time is up', async (_what, begin) => {
    const { port, refused } = await listening({ limits: { handshake: 300 } });
    const socket = await begin(port);
    await closed(socket.on('error', () => undefined));
    expect(await refused.next()).toMatchObject({ reason: 'too slow' });
  });

  it('gets no more than its share of unproved connections, and members get in again after it', async () => {
    const { port, address, refused } = await listening({ limits: { pendingPerAddress: 2 } });
    const sockets = [await tlsTo(port), await tlsTo(port)];
    const third = connectTcp(port, '127.0.0.1').on('error', () => undefined);
    await closed(third);
    expect(await refused.next()).toMatchObject({ reason: 'too many pending' });
    const gone = sockets.map(async (socket) => answerTo(socket, 'bye\r\n\r\n'));
    await Promise.all(gone);
    await dialling(address);
  });

  it('that is refused again and again is not heard any more', async () => {
    const { port, refused } = await listening({ limits: { refusals: 3 } });
    for (let i = 0; i < 3; i++) await answerTo(await tlsTo(port), upgradeRequest({}));
    await expect(tlsTo(port)).rejects.toThrow();
    expect(refused.all.map(({ reason }) => reason)).toEqual(['no proof', 'no proof', 'no proof', 'back-off']);
  });
});

describe('the port', () => {
  it('that is taken is named', async () => {
    const { port } = await listening();
    await expect(listening({ port })).rejects.toMatchObject({ code: 'PORT_TAKEN', facts: { port } });
  });

  it('is free again once the listener is closed, and what strangers began is cut', async () => {
    const { listener, port } = await listening();
    const socket = await tlsTo(port);
    await Promise.all([closed(socket), listener.close()]);
    await listening({ port });
  });

  it('is open on IPv4 by default', async () => {
    const { address } = await listening({ host: undefined });
    const channel = await dialling(address);
    expect(channel.remote).toBe(address);
  });

  it('shows IPv4 addresses as such', async () => {
    const { address, channels } = await listening({ host: undefined });
    await dialling(address);
    expect((await channels.next()).remote).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});
