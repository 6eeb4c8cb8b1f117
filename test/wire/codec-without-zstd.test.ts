import { expect, it, vi } from 'vitest';
import { chooseEncoding, decodeFrame, encodeFrames, supportedEncodings } from '../../src/wire/codec.js';
import { bytes, codeOf, inChunks, listOf } from './samples.js';

// As on Node 20 where the optional package has no binary.
vi.mock('../../src/wire/zstd.js', () => ({ loadZstd: () => undefined }));

it('where there is no zstd, everything goes as it is', async () => {
  expect(supportedEncodings()).toEqual(['identity']);
  expect(chooseEncoding(['zstd', 'identity'])).toBe('identity');
  expect(await listOf(encodeFrames(inChunks(Buffer.from('abc')), 'zstd'))).toEqual([bytes('00 616263')]);
});

it('where there is no zstd, a peer that sends it breaks the protocol', async () => {
  const frame = bytes('01 00000003 28b52ffd 20 03 190000 616263');
  expect(await codeOf(() => decodeFrame(frame))).toBe('PROTOCOL_VIOLATION');
});
