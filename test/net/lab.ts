import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { WebSocketChannel } from '../../src/net/channel.js';
import { type DialOptions, dial } from '../../src/net/dial.js';
import { proofHeader } from '../../src/net/handshake.js';
import { type ListenOptions, listen, type Refused } from '../../src/net/listen.js';
import { Signal } from '../../src/net/signal.js';
import { type Identity, loadIdentity } from '../../src/trust/identity.js';
import { Team } from '../../src/trust/team.js';

/** A new device’s identity. */
export async function newIdentity(): Promise<Identity> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pimg-net-'));
  try {
    return await loadIdentity(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The team and the devices of a test file: source and receiver are in the team. */
export const team: Team = Team.create();
export const [source, receiver, stranger] = await Promise.all([newIdentity(), newIdentity(), newIdentity()]);

/** What comes one by one, to be waited for. */
export class Inbox<T> {
  readonly all: T[] = [];
  readonly #signal = new Signal();
  #taken = 0;

  put(item: T): void {
    this.all.push(item);
    this.#signal.wake();
  }

  async next(): Promise<T> {
    while (this.#taken >= this.all.length) await this.#signal.wait();
    return this.all[this.#taken++] as T;
  }
}

/** A listening source, closed after the test. */
export async function listening(options: Partial<ListenOptions> = {}) {
  const channels = new Inbox<WebSocketChannel>();
  const refused = new Inbox<Refused>();
  const listener = await listen({
    identity: source,
    team: () => team,
    port: 0,
    host: '127.0.0.1',
    onChannel: (channel) => channels.put(channel),
    onRefused: (refusal) => refused.put(refusal),
    // All strangers of a test have one address.
    ...options,
    limits: { refusals: 1000, ...options.limits },
  });
  onTestFinished(async () => {
    await listener.close();
    for (const channel of channels.all) channel.destroy(new Error('the test is over'));
  });
  return { listener, address: `127.0.0.1:${listener.port}`, port: listener.port, channels, refused };
}

/** Dials as the receiver; the channel is gone after the test. */
export async function dialling(address: string | readonly string[], options: Partial<DialOptions> = {}) {
  const channel = await dial({
    addresses: typeof address === 'string' ? [address] : address,
    identity: receiver,
    team,
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    ...options,
  });
  onTestFinished(() => channel.destroy(new Error('the test is over')));
  return channel;
}

/** Both ends of a proved connection. */
export async function pair(options: Pick<ListenOptions, 'timings'> = {}) {
  const { address, channels } = await listening(options);
  const receiving = await dialling(address, options);
  return { receiving, giving: await channels.next() };
}

/** The keying material of a connection that still stands, as the protocol has it. */
export function keyingMaterialOf(socket: TLSSocket): Buffer {
  return socket.exportKeyingMaterial(32, 'EXPORTER-p2pimg-v1', Buffer.alloc(0));
}

/** A TLS connection that does what it is told only. */
export async function tlsTo(port: number, identity: Identity | undefined = receiver): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(identity && { cert: identity.certificatePem, key: identity.privateKeyPem }),
  });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** All that is answered until the connection ends. */
export function answerTo(socket: TLSSocket, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      answer += part;
    });
    socket.once('close', () => resolve(answer));
    socket.write(text, 'latin1');
  });
}

/** An upgrade request with these headers, as bytes. */
export function upgradeRequest(headers: Record<string, string>, path = '/p2pimg/v1'): string {
  const all = {
    Host: 'p2pimg',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A source that takes everybody, and proves itself as it is told. */
export async function carelessSource(
  proofFor: (keyingMaterial: Buffer) => string,
  onWebSocket: (webSocket: WebSocket, socket: TLSSocket) => void = () => undefined,
) {
  const server = createServer({
    cert: source.certificatePem,
    key: source.privateKeyPem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false, autoPong: false });
  upgrader.on('headers', (headers, { socket }) => {
    headers.push(`${proofHeader}: ${proofFor(keyingMaterialOf(socket as TLSSocket))}`);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined);
      onTestFinished(() => webSocket.terminate());
      onWebSocket(webSocket, socket as TLSSocket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
