import { connect as connectTcp } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { defaultLimits, Gate } from '../../src/net/gate.js';
import { defaultTimings, maximumPings } from '../../src/net/liveness.js';
import { prove } from '../../src/trust/proof.js';
import { type Message, maximumRequestLength } from '../../src/wire/message.js';
import { carelessSource, dialling, listening, pair, team } from '../net/lab.js';

const mebibyte = 1024 * 1024;
const trueProof = (keyingMaterial: Buffer) => prove(team, 'source', keyingMaterial);

/** How many of so many connections a gate lets in, each proved at once or not. */
function letIn(
  gate: Gate,
  tries: number,
  address: (at: number) => string,
  stage: 'proved' | 'pending',
): number {
  let count = 0;
  for (let at = 0; at < tries; at += 1) {
    const pass = gate.admit(address(at));
    if (typeof pass === 'string') continue;
    if (stage === 'proved') pass.proved();
    count += 1;
  }
  return count;
}

describe('the gate', () => {
  const { pending, pendingPerAddress, inAll, perAddress, refusals } = defaultLimits;

  it.each<[string, number, (at: number) => string, 'proved' | 'pending']>([
    ['unproved connections in all', pending, (at) => `10.0.0.${at}`, 'pending'],
    ['unproved connections of one address', pendingPerAddress, () => 'a', 'pending'],
    ['connections of one address', perAddress, () => 'a', 'proved'],
    ['connections in all', inAll, (at) => `10.0.${at >> 8}.${at & 255}`, 'proved'],
  ])('lets in as many %s as are allowed (%d), and not one more', (_, most, address, stage) => {
    expect(letIn(new Gate(defaultLimits), most, address, stage)).toBe(most);
    expect(letIn(new Gate(defaultLimits), most + 1, address, stage)).toBe(most);
  });

  it('hears an address after nine refusals, and not after ten', () => {
    const gate = new Gate(defaultLimits, () => 0);
    for (let at = 0; at < refusals; at += 1) {
      const pass = gate.admit('a');
      expect(typeof pass).toBe('object');
      if (typeof pass === 'object') {
        pass.refused();
        pass.left();
      }
    }
    expect(gate.admit('a')).toBe('back-off');
  });
});

describe('half-open connections', () => {
  it('of one stranger keep no member out, and cost nothing when their time is up', async () => {
    const limits = { handshake: 300, pendingPerAddress: 4, pending: 8 };
    const { port, address, refused } = await listening({ limits });
    const sockets = Array.from({ length: 5 }, () =>
      connectTcp(port, '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    const reasons = await Promise.all(sockets.map(async () => (await refused.next()).reason));
    expect(reasons.sort()).toEqual(['too many pending', ...Array(4).fill('too slow')]);
    await dialling(address);
  });
});

describe('a receiver', () => {
  /** A message of just so many bytes. */
  const words = (bytes: number): Message => {
    const message = { type: 'hello', name: '', version: '1', uploads: { active: 0, limit: 0 }, x: '' };
    const left = bytes - JSON.stringify(message).length;
    return { ...message, x: 'x'.repeat(left) } as unknown as Message;
  };

  it('says 256 KiB at once, and not a byte more', async () => {
    const { receiving, giving } = await pair();
    await receiving.send(words(maximumRequestLength));
    expect(await giving.receive()).toMatchObject({ message: { type: 'hello' } });
    await receiving.send(words(maximumRequestLength + 1));
    await expect(giving.receive()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });

  it('that takes nothing is let go, and whoever takes a little is not', async () => {
    const timings = { ...defaultTimings, takeWithin: 300 };
    const { receiving, giving } = await pair({ timings });
    const sending = (async () => {
      for (let left = 64; left > 0; left -= 1) await giving.sendFrame(Buffer.alloc(mebibyte));
    })();
    sending.catch(() => undefined);
    // It reads one now and then, for longer than it might have taken nothing.
    const begun = performance.now();
    while (performance.now() - begun < 3 * timings.takeWithin) {
      expect(await receiving.receive()).toMatchObject({ type: 'frame' });
      await new Promise((resolve) => setTimeout(resolve, timings.takeWithin / 6));
    }
    await expect(sending).rejects.toMatchObject({ code: 'PEER_LOST', facts: { reason: 'it takes nothing' } });
  });
});

describe('a peer', () => {
  /** A connection to a source that pings so many times at once, and then says hello. */
  async function pinged(times: number) {
    let source: WebSocket | undefined;
    const address = await carelessSource(trueProof, (webSocket) => {
      source = webSocket;
    });
    const channel = await dialling(address);
    for (let left = times; left > 0; left -= 1) source?.ping();
    source?.send('{"type":"changed","generation":1}');
    return channel.receive();
  }

  it('pings 64 times within five seconds, and not once more', async () => {
    expect(await pinged(maximumPings)).toMatchObject({ message: { type: 'changed' } });
    await expect(pinged(maximumPings + 1)).rejects.toMatchObject({
      code: 'PEER_LOST',
      facts: { reason: 'too many pings' },
    });
  });
});
