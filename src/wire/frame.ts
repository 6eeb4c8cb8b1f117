import { type Encoding, violation } from './message.js';

/** The most bytes of a blob in one frame, before encoding. */
export const maximumFramePayload = 1024 * 1024;
/** The most bytes of one binary WebSocket message. */
export const maximumFrameLength = maximumFramePayload + 64 * 1024;

/** One frame as it stands on the wire: how its payload is encoded, and how many bytes it stands for. */
export type Frame =
  | { readonly type: 'identity'; readonly payload: Buffer }
  | { readonly type: 'zstd'; readonly payload: Buffer; readonly length: number };

const identityTag = 0;
const zstdTag = 1;

/** `0 payload`: the bytes as they are. `1 length(4, big-endian) payload`: one zstd frame that decodes to `length` bytes. */
export function writeFrame(frame: Frame): Buffer {
  if (frame.type === 'identity') return Buffer.concat([Buffer.of(identityTag), frame.payload]);
  const head = Buffer.allocUnsafe(5);
  head.writeUInt8(zstdTag, 0);
  head.writeUInt32BE(frame.length, 1);
  return Buffer.concat([head, frame.payload]);
}

/** An identity frame for so many bytes, which are to be filled in behind its first byte. */
export function beginFrame(length: number): Buffer {
  const frame = Buffer.allocUnsafe(1 + length);
  frame.writeUInt8(identityTag, 0);
  return frame;
}

/** How a frame that was made here is encoded. */
export function encodingOf(frame: Buffer): Encoding {
  return frame[0] === zstdTag ? 'zstd' : 'identity';
}

/** Reads a frame without copying its payload; throws `PROTOCOL_VIOLATION`. */
export function readFrame(bytes: Buffer): Frame {
  if (bytes.length > maximumFrameLength) throw violation('a frame that is too long');
  switch (bytes[0]) {
    case identityTag: {
      const payload = bytes.subarray(1);
      if (payload.length === 0 || payload.length > maximumFramePayload)
        throw violation('a frame of no proper length');
      return { type: 'identity', payload };
    }
    case zstdTag: {
      if (bytes.length < 6) throw violation('a frame that is cut short');
      const length = bytes.readUInt32BE(1);
      if (length === 0 || length > maximumFramePayload) throw violation('a frame of no proper length');
      return { type: 'zstd', payload: bytes.subarray(5), length };
    }
    default:
      throw violation('a frame of an unknown kind');
  }
}
