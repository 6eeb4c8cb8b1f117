import { beginFrame, maximumFramePayload, readFrame, writeFrame } from './frame.js';
import { type Encoding, violation } from './message.js';
import { loadZstd, type Zstd } from './zstd.js';

let loaded: { readonly zstd: Zstd | undefined } | undefined;

function zstd(): Zstd | undefined {
  loaded ??= { zstd: loadZstd() };
  return loaded.zstd;
}

/** The encodings that this process speaks, best first. */
export function supportedEncodings(): Encoding[] {
  return zstd() === undefined ? ['identity'] : ['zstd', 'identity'];
}

/** Of what a receiver speaks, the best that this process speaks too. */
export function chooseEncoding(theirs: readonly string[]): Encoding {
  return supportedEncodings().find((ours) => theirs.includes(ours)) ?? 'identity';
}

/** A frame is worth its compression where it saves an eighth. */
const worthwhile = 7 / 8;
/** After a frame that did not pay, so many go out as they are before the next try. */
const framesUntilNextTry = 16;

/**
 * Cuts a blob's bytes into frames of at most 1 MiB. With `zstd` each frame is compressed by itself, and what does not
 * shrink goes as it is: a layer that is gzip already costs one try in sixteen. The next frame is made while the last
 * one is being sent.
 */
export async function* encodeFrames(
  content: AsyncIterable<Buffer>,
  encoding: Encoding,
): AsyncGenerator<Buffer> {
  const codec = encoding === 'zstd' ? zstd() : undefined;
  let untilNextTry = 0;
  for await (const frame of identityFrames(content)) {
    if (codec === undefined || untilNextTry > 0) {
      untilNextTry -= 1;
      yield frame;
      continue;
    }
    const payload = frame.subarray(1);
    const compressed = await codec.compress(payload);
    if (compressed.length < payload.length * worthwhile) {
      yield writeFrame({ type: 'zstd', payload: compressed, length: payload.length });
    } else {
      untilNextTry = framesUntilNextTry - 1;
      yield frame;
    }
  }
}

/** Gathers small chunks and cuts large ones, to frames of up to 1 MiB as they stand on the wire; each byte is copied once. */
async function* identityFrames(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let frame = beginFrame(maximumFramePayload);
  let filled = 1;
  for await (const chunk of content) {
    for (let taken = 0; taken < chunk.length; ) {
      const copied = chunk.copy(frame, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < frame.length) continue;
      yield frame;
      frame = beginFrame(maximumFramePayload);
      filled = 1;
    }
  }
  if (filled > 1) yield frame.subarray(0, filled);
}

/** The blob's bytes in one frame; throws `PROTOCOL_VIOLATION`. */
export async function decodeFrame(bytes: Buffer): Promise<Buffer> {
  const frame = readFrame(bytes);
  if (frame.type === 'identity') return frame.payload;
  const codec = zstd();
  if (codec === undefined) throw violation('a zstd frame, which was never asked for');
  return codec.decompress(frame.payload, frame.length);
}
