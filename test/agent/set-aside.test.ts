import { describe, expect, it } from 'vitest';
import { SetAside } from '../../src/agent/set-aside.js';
import { parsePeerId } from '../../src/wire/peer-id.js';
import { peerIdOf } from '../transfer/memory-channel.js';

const minute = 60_000;
const mallory = { name: 'mallory', id: peerIdOf('b') };

/** Peers set aside by a clock in the test's hands. */
function setAside() {
  const clock = { now: Date.parse('2024-02-29T12:00:00Z') };
  return { clock, aside: new SetAside(() => clock.now) };
}

describe('a peer that lied', () => {
  it('is set aside for ten minutes to the millisecond, with the reason and the end', () => {
    const { clock, aside } = setAside();
    expect(aside.has(mallory.id)).toBe(false);
    const told = { ...mallory, code: 'DIGEST_MISMATCH', until: '2024-02-29T12:10:00.000Z' };
    expect(aside.blame(mallory, 'DIGEST_MISMATCH')).toEqual(told);
    expect(aside.all()).toEqual([told]);
    clock.now += 10 * minute - 1;
    expect(aside.has(mallory.id)).toBe(true);
    clock.now += 1;
    expect(aside.has(mallory.id)).toBe(false);
    expect(aside.all()).toEqual([]);
  });

  it('is set aside for twice as long each time, and never for more than a day', () => {
    const { clock, aside } = setAside();
    const minutes = Array.from({ length: 10 }, () => {
      const { until } = aside.blame(mallory, 'SIZE_MISMATCH');
      const ms = Date.parse(until) - clock.now;
      clock.now += ms;
      return ms / minute;
    });
    expect(minutes).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
  });

  it('begins anew after a day without a lie, and not a moment earlier', () => {
    const { clock, aside } = setAside();
    aside.blame(mallory, 'SIZE_MISMATCH');
    clock.now += (10 + 24 * 60) * minute - 1;
    expect(Date.parse(aside.blame(mallory, 'SIZE_MISMATCH').until) - clock.now).toBe(20 * minute);
    clock.now += (20 + 24 * 60) * minute;
    expect(Date.parse(aside.blame(mallory, 'SIZE_MISMATCH').until) - clock.now).toBe(10 * minute);
  });

  it('is known by its ID, whatever it is called', () => {
    const { aside } = setAside();
    aside.blame(mallory, 'BLOB_UNWANTED');
    expect(aside.has(peerIdOf('a'))).toBe(false);
    aside.blame({ ...mallory, name: 'ada' }, 'BLOB_UNWANTED');
    expect(aside.all().map(({ name }) => name)).toEqual(['ada']);
  });

  it('fills no memory with IDs of its own making: a thousand are kept, the oldest goes first', () => {
    const { aside } = setAside();
    const peers = Array.from({ length: 1001 }, (_, at) => ({
      name: `m${at}`,
      id: parsePeerId(at.toString(16).padStart(64, '0')),
    }));
    for (const peer of peers.slice(0, 1000)) aside.blame(peer, 'DIGEST_MISMATCH');
    expect(aside.all()).toHaveLength(1000);
    for (const peer of peers.slice(1000)) aside.blame(peer, 'DIGEST_MISMATCH');
    expect(aside.all()).toHaveLength(1000);
    expect([peers[0], peers[1], peers[1000]].map((peer) => peer && aside.has(peer.id))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
