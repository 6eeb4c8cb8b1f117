import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { WebSocketChannel } from '../../src/net/channel.js';
import { defaultTimings } from '../../src/net/liveness.js';
import { prove } from '../../src/trust/proof.js';
import { maximumFrameLength } from '../../src/wire/frame.js';
import type { Message } from '../../src/wire/message.js';
import { carelessSource, dialling, pair, team } from './lab.js';

const mebibyte = 1024 * 1024;
const hello: Message = { type: 'hello', name: 'ä', version: '1', uploads: { active: 0, limit: 2 } };
const list: Message = { type: 'list' };
const quick = { ...defaultTimings, pingAfter: 50, deadAfter: 500 };
const trueProof = (keyingMaterial: Buffer) => prove(team, 'source', keyingMaterial);

/** Reads until the end; gives the number of frames' bytes. */
async function drain(channel: WebSocketChannel): Promise<number> {
  let bytes = 0;
  for (;;) {
    const incoming = await channel.receive();
    if (incoming === undefined) return bytes;
    if (incoming.type === 'frame') bytes += incoming.frame.length;
  }
}

/** A receiver's channel to a source that sends what no honest source would. */
async function against(onWebSocket: (webSocket: WebSocket) => void, options = {}) {
  return dialling(await carelessSource(trueProof, onWebSocket), options);
}

describe('a channel', () => {
  it('carries messages and frames both ways, in order', async () => {
    const { receiving, giving } = await pair();
    // A receiver has nothing long to say.
    for (const [from, to, length] of [
      [receiving, giving, mebibyte / 4],
      [giving, receiving, mebibyte],
    ] as const) {
      await from.send(hello);
      await from.sendFrame(Buffer.from([0, 1, 2]));
      await from.sendFrame(Buffer.alloc(length, 7));
      await from.send(list);
      expect(await to.receive()).toEqual({ type: 'message', message: hello });
      expect(await to.receive()).toEqual({ type: 'frame', frame: Buffer.from([0, 1, 2]) });
      const large = await to.receive();
      expect(large?.type === 'frame' && large.frame.equals(Buffer.alloc(length, 7))).toBe(true);
      expect(await to.receive()).toEqual({ type: 'message', message: list });
      const text = Buffer.byteLength(JSON.stringify(hello)) + Buffer.byteLength(JSON.stringify(list));
      expect(to.bytesReceived).toBe(length + 3 + text);
    }
  });

  it('loses nothing that comes with the 101 itself', async () => {
    const channel = await against((webSocket) => webSocket.send('{"type":"list"}'));
    expect(await channel.receive()).toEqual({ type: 'message', message: list });
  });

  it('ignores messages of a type that it does not know', async () => {
    const channel = await against((webSocket) => {
      webSocket.send('{"type":"dance"}');
      webSocket.send('{"type":"list"}');
    });
    expect(await channel.receive()).toEqual({ type: 'message', message: list });
  });

  it('gives all that arrived before a clean end', async () => {
    const { receiving, giving } = await pair();
    for (let i = 0; i < 32; i++) await giving.sendFrame(Buffer.alloc(100_000));
    giving.close();
    expect(await drain(receiving)).toBe(3_200_000);
    expect(await receiving.receive()).toBeUndefined();
    await expect(receiving.send(list)).rejects.toMatchObject({ code: 'PEER_LOST' });
    expect(await giving.receive()).toBeUndefined();
    await expect(giving.send(list)).rejects.toMatchObject({ code: 'PEER_LOST' });
  });

  it('gives all that arrived before a clean end to a reader slower than any time-out', async () => {
    const { receiving, giving } = await pair({ timings: quick });
    const sending = (async () => {
      for (let i = 0; i < 24; i++) await giving.sendFrame(Buffer.alloc(mebibyte));
      giving.close();
    })();
    await passed(3 * quick.deadAfter);
    expect(await drain(receiving)).toBe(24 * mebibyte);
    await sending;
  });

  it('ends a call to receive that waits', async () => {
    const { receiving, giving } = await pair();
    const waiting = receiving.receive();
    giving.close();
    expect(await waiting).toBeUndefined();
  });

  it('moves much without a round trip a frame', async () => {
    const { receiving, giving } = await pair();
    const frame = Buffer.alloc(256 * 1024);
    const received = drain(receiving);
    for (let i = 0; i < 1024; i++) await giving.sendFrame(frame);
    giving.close();
    expect(await received).toBe(1024 * frame.length);
  });
});

describe('back-pressure', () => {
  it.each(['giving', 'receiving'] as const)('stops the %s end when the other does not read', async (end) => {
    const { giving, receiving } = await pair({ timings: quick });
    const [from, to] = end === 'giving' ? [giving, receiving] : [receiving, giving];
    const piece = mebibyte / 4;
    const total = 384;
    let sent = 0;
    const sending = (async () => {
      for (; sent < total; sent++) await from.sendFrame(Buffer.alloc(piece));
      from.close();
    })();
    // Several times as long as silence is borne: both ends live on.
    for (let before = -1; before !== sent; ) {
      before = sent;
      await passed(3 * quick.deadAfter);
    }
    expect(sent).toBeLessThan(192);
    expect(to.bytesReceived).toBeLessThan(8 * mebibyte);
    expect(await drain(to)).toBe(total * piece);
    await sending;
  });

  it('holds for many small messages too', async () => {
    const { giving, receiving } = await pair();
    const total = 60_000;
    for (let i = 0; i < total; i++) void giving.send(list).catch(() => undefined);
    giving.close();
    await receiving.receive();
    let received = 1;
    while ((await receiving.receive()) !== undefined) received++;
    expect(received).toBe(total);
  });
});

describe('a peer', () => {
  it('that is killed is lost, on both ends and in every pending call', async () => {
    const { receiving, giving } = await pair();
    const reason = new Error('killed');
    const waiting = Promise.allSettled([giving.receive(), receiving.receive()]);
    giving.destroy(reason);
    const [own, other] = await waiting;
    expect(own).toMatchObject({ status: 'rejected', reason });
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'PEER_LOST' } });
    await expect(giving.send(list)).rejects.toBe(reason);
    await expect(giving.receive()).rejects.toBe(reason);
    await expect(receiving.sendFrame(Buffer.alloc(1))).rejects.toMatchObject({ code: 'PEER_LOST' });
  });

  it('that is killed while this end waits for room is lost', async () => {
    const { receiving, giving } = await pair();
    const sending = (async () => {
      for (;;) await giving.sendFrame(Buffer.alloc(mebibyte));
    })();
    const rejected = expect(sending).rejects.toMatchObject({ code: 'PEER_LOST' });
    receiving.destroy(new Error('killed'));
    await rejected;
  });

  it('that is killed amid a transfer is lost only after what arrived', async () => {
    const { receiving, giving } = await pair();
    await giving.sendFrame(Buffer.alloc(10));
    while (receiving.bytesReceived < 10) await passed(5);
    giving.destroy(new Error('killed'));
    expect(await receiving.receive()).toMatchObject({ type: 'frame' });
    await expect(receiving.receive()).rejects.toMatchObject({ code: 'PEER_LOST' });
  });

  it('that falls silent is lost', async () => {
    const channel = await against(() => undefined, { timings: quick });
    await expect(channel.receive()).rejects.toMatchObject({ code: 'PEER_LOST', facts: { reason: 'silent' } });
  });

  it('that is asked whether it is there, and says nothing, is lost long before', async () => {
    const channel = await against(() => undefined);
    const waiting = channel.receive();
    channel.checkAlive(quick.deadAfter);
    await expect(waiting).rejects.toMatchObject({ code: 'PEER_LOST', facts: { reason: 'silent' } });
  });

  it('that is asked whether it is there, and answers, stays', async () => {
    const { receiving, giving } = await pair();
    for (let asked = 0; asked < 3; asked++) {
      receiving.checkAlive(quick.pingAfter);
      giving.checkAlive(quick.pingAfter);
      await passed(2 * quick.pingAfter);
    }
    await giving.send(list);
    expect(await receiving.receive()).toEqual({ type: 'message', message: list });
  });

  it('that sends one message slowly is not silent', async () => {
    const channel = await against(
      (webSocket) => {
        let parts = 0;
        const timer = setInterval(() => {
          webSocket.send(Buffer.alloc(10), { fin: ++parts === 20 });
          if (parts === 20) clearInterval(timer);
        }, quick.deadAfter / 10);
      },
      { timings: quick },
    );
    expect(await channel.receive()).toMatchObject({ type: 'frame', frame: Buffer.alloc(200) });
  });

  it('that only idles is not silent', async () => {
    const { receiving, giving } = await pair({ timings: quick });
    await passed(3 * quick.deadAfter);
    await giving.send(list);
    expect(await receiving.receive()).toEqual({ type: 'message', message: list });
  });

  it('that pings is answered, and not pinged too', async () => {
    const heard: string[] = [];
    const channel = await against(
      (webSocket) => {
        const pinging = setInterval(() => webSocket.ping(), 20);
        webSocket.on('ping', () => heard.push('ping'));
        webSocket.on('pong', () => heard.push('pong'));
        webSocket.on('close', () => clearInterval(pinging));
        setTimeout(() => webSocket.send('{"type":"list"}'), 2_000);
      },
      { timings: { ...defaultTimings, pingAfter: 1_000, deadAfter: 5_000 } },
    );
    await channel.receive();
    expect(heard).toContain('pong');
    expect(heard).not.toContain('ping');
  });

  it('that answers pings is not silent', async () => {
    const channel = await against((webSocket) => webSocket.on('ping', () => webSocket.pong()), {
      timings: quick,
    });
    await passed(3 * quick.deadAfter);
    await channel.send(list);
  });

  it.each<[string, (webSocket: WebSocket) => void]>([
    ['too long a message', (webSocket) => webSocket.send(`"${'x'.repeat(8 * mebibyte)}"`)],
    ['too long a frame', (webSocket) => webSocket.send(Buffer.alloc(maximumFrameLength + 1))],
    ['what is not JSON', (webSocket) => webSocket.send('{')],
    ['a malformed message', (webSocket) => webSocket.send('{"type":"hello"}')],
  ])('that sends %s violates the protocol, and is cut off', async (_what, send) => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const channel = await against((webSocket) => {
      webSocket.on('close', closed);
      send(webSocket);
    });
    await expect(channel.receive()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    await expect(channel.receive()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    await gone;
  });
});

describe('a channel that is over', () => {
  it('leaves no timer and no listener behind', async () => {
    const { receiving, giving } = await pair();
    const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    receiving.close();
    expect(await giving.receive()).toBeUndefined();
    while (process.getActiveResourcesInfo().includes('TLSWrap')) await passed(5);
    const before = timers();
    const again = await pair();
    again.giving.destroy(new Error('over'));
    await expect(again.receiving.receive()).rejects.toMatchObject({ code: 'PEER_LOST' });
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

/** Time that has to pass because the claim is about time. */
function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
