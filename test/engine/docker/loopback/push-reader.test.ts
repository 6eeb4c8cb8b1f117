import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Loopback } from '../../../../src/engine/docker/loopback/push.js';
import { PushReader } from '../../../../src/engine/docker/loopback/push-reader.js';
import { LoopbackRegistry } from '../../../../src/engine/docker/loopback/registry.js';
import { type Digest, digestOf } from '../../../../src/image/digest.js';
import { engineApi } from '../api.js';

const blobs = new Map<Digest, Buffer>();
for (const byte of 'abcde') {
  const bytes = Buffer.alloc(300_000, byte);
  blobs.set(digestOf(bytes), bytes);
}
const digests = [...blobs.keys()];
const [first, second, third, fourth] = digests as [Digest, Digest, Digest, Digest];

/** An engine that pushes so many blobs at once, in their order, and how often it pushed. */
async function pushing(atOnce: number): Promise<{ reader: PushReader; pushes: () => number }> {
  let pushes = 0;
  const push = async (repository: string): Promise<string> => {
    pushes += 1;
    const [address, ...path] = repository.split('/');
    const base = `http://${address}/v2/${path.join('/')}/blobs/`;
    const left = [...blobs];
    const one = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [digest, bytes] = next;
        if ((await fetch(`${base}${digest}`, { method: 'HEAD' })).ok) continue;
        const { status } = await fetch(`${base}uploads/one?digest=${digest}`, { method: 'PUT', body: bytes });
        if (status !== 201) throw new Error(`${digest}: ${status}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    return '{"status":"pushed"}';
  };
  const { client } = await engineApi((call) => {
    const name = /^POST \/images\/(.*)\/(?:push|tag)$/.exec(call)?.[1];
    if (name === undefined || call.endsWith('/tag') || call.startsWith('DELETE')) return { json: {} };
    return (response) =>
      void push(name)
        .catch(({ message }: Error) => JSON.stringify({ error: message }))
        .then((answer) => response.end(answer));
  });
  const loopback: Loopback = { client, registry: new LoopbackRegistry('secret') };
  const reader = new PushReader(loopback, { id: first, platform: undefined });
  return { reader, pushes: () => pushes };
}

async function expectWhole(reader: PushReader, digest: Digest): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await reader.read(digest)).content) chunks.push(chunk);
  expect(digestOf(Buffer.concat(chunks))).toBe(digest);
}

describe('a blob that is read out of a push', () => {
  it.each([1, 2, 5])('comes where the engine asks of %i at once, in any order', async (atOnce) => {
    const { reader } = await pushing(atOnce);
    reader.begin(new Set(digests));
    for (const digest of [third, first, fourth, second]) await expectWhole(reader, digest);
    await reader.close();
  });

  it('comes though the engine asks first of others that are expected, and of them one by one', async () => {
    const { reader } = await pushing(1);
    reader.begin(new Set(digests));
    // Before the push has asked of anything.
    await expectWhole(reader, fourth);
    await reader.close();
  });

  it('comes to who asks again after it was left in the middle', async () => {
    const { reader, pushes } = await pushing(5);
    reader.begin(new Set(digests));
    for await (const _ of (await reader.read(first)).content) break;
    await expectWhole(reader, first);
    await expectWhole(reader, second);
    expect(pushes()).toBe(2);
    await reader.close();
  });

  it('is not waited for when the reader is closed', async () => {
    const { reader } = await pushing(5);
    reader.begin(new Set(digests));
    const reading = reader.read(digestOf('another'));
    const told = expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await delay(0);
    await reader.close();
    await told;
  });
});
