import { describe, expect, it } from 'vitest';
import { maximumFrameLength, maximumFramePayload, readFrame, writeFrame } from '../../src/wire/frame.js';
import { bytes, codeOf } from './samples.js';

describe('a frame', () => {
  it('of the bytes as they are is a zero and the bytes', () => {
    expect(writeFrame({ type: 'identity', payload: bytes('616263') })).toEqual(bytes('00 616263'));
    expect(readFrame(bytes('00 616263'))).toEqual({ type: 'identity', payload: bytes('616263') });
  });

  it('of zstd is a one, the decoded length, and one zstd frame', () => {
    const payload = bytes('28b52ffd');
    expect(writeFrame({ type: 'zstd', payload, length: 0x10203 })).toEqual(bytes('01 00010203 28b52ffd'));
    expect(readFrame(bytes('01 00010203 28b52ffd'))).toEqual({ type: 'zstd', payload, length: 0x10203 });
  });

  it('is read without a copy', () => {
    const frame = bytes('00 616263');
    expect(readFrame(frame).payload.buffer).toBe(frame.buffer);
  });

  it('stands for 1 MiB at most', () => {
    const identity = Buffer.alloc(1 + maximumFramePayload);
    expect(readFrame(identity).payload).toHaveLength(1_048_576);
    expect(readFrame(bytes('01 00100000 00'))).toMatchObject({ length: 1_048_576 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a tag alone', bytes('00')],
    ['an unknown tag', bytes('02 616263')],
    ['more than 1 MiB as it is', Buffer.alloc(2 + maximumFramePayload)],
    ['more than 1 MiB to come of it', bytes('01 00100001 28b52ffd')],
    ['all of four bytes to come of it', bytes('01 ffffffff 28b52ffd')],
    ['nothing to come of it', bytes('01 00000000 28b52ffd')],
    ['no content', bytes('01 00000001')],
    ['half a length', bytes('01 0000')],
    ['more than any message', Buffer.concat([bytes('01 00100000'), Buffer.alloc(maximumFrameLength)])],
  ])('is none with %s', async (_what, frame) => {
    expect(await codeOf(() => readFrame(frame))).toBe('PROTOCOL_VIOLATION');
  });
});
