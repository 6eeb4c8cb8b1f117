import { expect, it } from 'vitest';
import { parsePeerId } from '../../src/wire/peer-id.js';
import { codeOf } from './samples.js';

it('a peer ID is 64 hex digits in lower case', () => {
  expect(parsePeerId('0123456789abcdef'.repeat(4))).toBe('0123456789abcdef'.repeat(4));
});

it.each(['', 'ada', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `sha256:${'a'.repeat(64)}`])(
  '%j is no peer ID',
  async (text) => {
    expect(await codeOf(() => parsePeerId(text))).toBe('PEER_UNKNOWN');
  },
);
