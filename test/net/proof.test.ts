import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { proofHeader } from '../../src/net/handshake.js';
import { prove } from '../../src/trust/proof.js';
import { Team } from '../../src/trust/team.js';
import { carelessSource, dialling, keyingMaterialOf, listening, source, stranger, team } from './lab.js';

/** Ends TLS on both sides with a certificate of its own, and passes on every byte between them. */
async function manInTheMiddle(address: string) {
  const [host, port] = address.split(':');
  const passed: string[] = [];
  const own = { cert: stranger.certificatePem, key: stranger.privateKeyPem, rejectUnauthorized: false };
  const server = createServer({ ...own, requestCert: true }, (near) => {
    const far = connect({ host, port: Number(port), ...own });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('data', (bytes: Buffer) => passed.push(bytes.toString('latin1')));
      from.pipe(to);
    }
    onTestFinished(() => void near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, passed };
}

describe('a man in the middle', () => {
  it('who passes the proof on is refused by the source, and so by the receiver', async () => {
    const { address, channels, refused } = await listening();
    const middle = await manInTheMiddle(address);
    await expect(dialling(middle.address)).rejects.toMatchObject({ code: 'UNPROVED' });
    expect(middle.passed.join('')).toContain(proofHeader);
    expect(refused.all).toMatchObject([{ reason: 'no proof' }]);
    expect(channels.all).toEqual([]);
  });

  it('who passes on even a 101 with the source’s true proof is refused by the receiver', async () => {
    const address = await carelessSource((keyingMaterial) => prove(team, 'source', keyingMaterial));
    await dialling(address);
    const middle = await manInTheMiddle(address);
    await expect(dialling(middle.address)).rejects.toMatchObject({
      code: 'UNPROVED',
      facts: { reason: 'no proof' },
    });
    expect(middle.passed.join('')).toMatch(/101 Switching Protocols[\s\S]*p2pimg-proof: [\w-]{43}/);
  });

  it('hears nothing at all when the receiver knows whom it wants', async () => {
    const { address } = await listening();
    const middle = await manInTheMiddle(address);
    await expect(dialling(middle.address, { expect: source.peerId })).rejects.toMatchObject({
      code: 'UNPROVED',
      facts: { reason: 'another peer', got: stranger.peerId, wanted: source.peerId },
    });
    expect(middle.passed.join('')).not.toContain(proofHeader);
  });
});

describe('a source', () => {
  it.each<[string, (keyingMaterial: Buffer) => string]>([
    ['without a proof', () => ''],
    ['with a made-up proof', () => 'A'.repeat(43)],
    ['with another team’s proof', (material) => prove(Team.create(), 'source', material)],
    ['that sends the receiver’s proof back', (material) => prove(team, 'receiver', material)],
    ['with another connection’s proof', () => prove(team, 'source', Buffer.alloc(32))],
  ])('%s is unproved, and gets no message', async (_what, proofFor) => {
    const closed = deferred();
    let heard = 0;
    const address = await carelessSource(proofFor, (webSocket) => {
      webSocket.send('{"type":"list"}');
      webSocket.on('message', () => heard++);
      webSocket.on('close', () => closed.resolve());
    });
    await expect(dialling(address)).rejects.toMatchObject({
      code: 'UNPROVED',
      facts: { reason: 'no proof' },
    });
    await closed.promise;
    expect(heard).toBe(0);
  });

  it('that is the expected peer is taken', async () => {
    const { address } = await listening();
    const channel = await dialling(address, { expect: source.peerId });
    expect(channel.peerId).toBe(source.peerId);
    expect(channel.remote).toBe(address);
  });

  it('that is another peer is unproved', async () => {
    const { address, channels } = await listening();
    await expect(dialling(address, { expect: stranger.peerId })).rejects.toMatchObject({
      code: 'UNPROVED',
      facts: { address, got: source.peerId, wanted: stranger.peerId },
    });
    expect(channels.all).toEqual([]);
  });

  it.each([
    ['proves itself', true, { code: 'REFUSED', facts: { reason: 'other version', version: 2 } }],
    ['does not', false, { code: 'UNPROVED' }],
  ])('of another version that %s says so', async (_what, isProved, error) => {
    const server = createServer({ cert: source.certificatePem, key: source.privateKeyPem }, (socket) => {
      socket.once('data', () => {
        const proof = isProved ? prove(team, 'source', keyingMaterialOf(socket)) : '';
        socket.end(
          `HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\np2pimg-version: 2\r\np2pimg-proof: ${proof}\r\n\r\n`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(dialling(address)).rejects.toMatchObject(error);
  });
});

describe('dialling several addresses', () => {
  const nobody = '127.0.0.1:1';

  it('takes the one that answers', async () => {
    const { address } = await listening();
    expect((await dialling([nobody, 'nonsense', address])).remote).toBe(address);
  });

  it('does not wait for one that is silent, and hangs up on it', async () => {
    const hungUp = deferred();
    const silent = createTcpServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.once('close', () => hungUp.resolve());
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const { address } = await listening();
    const channel = await dialling([`127.0.0.1:${(silent.address() as AddressInfo).port}`, address]);
    expect(channel.remote).toBe(address);
    await hungUp.promise;
  });

  it('goes by a stranger to the expected peer', async () => {
    const { address: other } = await listening({ identity: stranger });
    const { address } = await listening();
    expect((await dialling([other, address], { expect: source.peerId })).remote).toBe(address);
  });

  it('says what each of them did', async () => {
    await expect(dialling([nobody, 'nonsense'])).rejects.toMatchObject({
      code: 'PEER_LOST',
      facts: {
        address: nobody,
        reason: 'ECONNREFUSED',
        tried: [`${nobody}: ECONNREFUSED`, 'nonsense: not an address'],
      },
    });
    await expect(dialling([])).rejects.toMatchObject({ code: 'PEER_LOST' });
  });

  it('tells rather of who is there and is wrong than of who is not there', async () => {
    const { address } = await listening({ team: () => Team.create() });
    await expect(dialling([nobody, address])).rejects.toMatchObject({ code: 'UNPROVED', facts: { address } });
  });

  it('ends when its time is up, and when it is interrupted', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(dialling(address, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'PEER_LOST',
      facts: { address, reason: 'timeout' },
    });
    const interruption = new AbortController();
    const interrupted = dialling(address, { signal: interruption.signal });
    interruption.abort();
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(dialling(address, { signal: interruption.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}
