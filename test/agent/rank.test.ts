import { describe, expect, it } from 'vitest';
import type { Neighbour } from '../../src/agent/neighbour.js';
import { rank, Throughput } from '../../src/agent/rank.js';
import { helloOf, neighbourOf } from './people.js';

/** A neighbour that gives so many uploads of so many. */
async function busy(name: string, digit: string, active: number, limit = 4): Promise<Neighbour> {
  const neighbour = await neighbourOf(name, digit, []);
  await neighbour.far.send(helloOf(name, active, limit));
  await neighbour.session.catalogue();
  return neighbour;
}
const [idle, half, full] = [
  await busy('idle', 'a', 0),
  await busy('half', 'b', 2),
  await busy('full', 'c', 4),
];

const names = (ranked: readonly Neighbour[]): string => ranked.map(({ name }) => name).join(' ');
const measured = (known: Readonly<Record<string, number>>) => (peerId: string) => known[peerId[0] ?? ''];

describe('sources', () => {
  it('are asked in the order of their load, where none was measured', () => {
    for (const order of [
      [full, half, idle],
      [idle, full, half],
    ])
      expect(names(rank(order, () => undefined))).toBe('idle half full');
  });

  it('are asked by what an upload gets of what they give', () => {
    expect(names(rank([idle, half], measured({ a: 10, b: 29 })))).toBe('idle half');
    expect(names(rank([idle, half], measured({ a: 10, b: 31 })))).toBe('half idle');
  });

  it('are asked last where all their uploads are taken, however fast they are', () => {
    expect(names(rank([full, half], measured({ b: 1, c: 1_000 })))).toBe('half full');
  });

  it('that were never measured count as the best known', async () => {
    const fresh = await busy('fresh', 'd', 0);
    expect(names(rank([half, fresh], measured({ b: 100 })))).toBe('fresh half');
    expect(names(rank([fresh, idle], measured({ a: 100 }), chances(1, 0)))).toBe('idle fresh');
  });

  it('that are equals are asked by chance', async () => {
    const twin = await busy('twin', 'd', 0);
    expect(names(rank([idle, twin], () => undefined, chances(0.1, 0.2)))).toBe('idle twin');
    expect(names(rank([idle, twin], () => undefined, chances(0.2, 0.1)))).toBe('twin idle');
  });
});

/** Numbers of chance, one after the other. */
function chances(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0;
}

describe('throughput', () => {
  const { peerId } = idle;

  it('is unknown before the first transfer', () => {
    expect(new Throughput().of(peerId)).toBeUndefined();
  });

  it('is that of the first transfer, and then half of it that of the last', () => {
    const throughput = new Throughput();
    throughput.note(peerId, 2_000_000, 1_000);
    expect(throughput.of(peerId)).toBe(2_000_000);
    throughput.note(peerId, 4_000_000, 1_000);
    expect(throughput.of(peerId)).toBe(3_000_000);
  });

  it('is not measured by what is too short to say anything', () => {
    const throughput = new Throughput();
    throughput.note(peerId, 999_999, 1);
    throughput.note(peerId, 2_000_000, 0);
    expect(throughput.of(peerId)).toBeUndefined();
  });
});
