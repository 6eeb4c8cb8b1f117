import { expect, it } from 'vitest';
import { GonePeers } from '../../src/agent/gone-peers.js';

it('remembers the peers that left, the last one first, until they are back', () => {
  const gone = new GonePeers();
  for (const id of ['a', 'b', 'a', 'c']) gone.left({ name: `name ${id}`, id });
  expect(gone.all().map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  expect(Date.parse(gone.all()[0]?.lastSeen ?? '')).toBeGreaterThan(Date.now() - 10_000);
  gone.back('a');
  expect(gone.all().map(({ id }) => id)).toEqual(['c', 'b']);
  for (let i = 0; i < 200; i++) gone.left({ name: 'n', id: String(i) });
  expect(gone.all()).toHaveLength(100);
});
