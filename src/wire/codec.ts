import { ahead } from './ahead.js';
import { CompressionChoice, worthwhile } from './compression-choice.js';
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

/** So many frames are compressed or decoded at once; they bound what waits in memory. */
const framesAtOnce = 2;

/**
 * Cuts a blob's bytes into frames of at most 1 MiB. With `zstd`, frames are compressed each by itself while that pays,
 * several at once and while others are being sent; what does not shrink goes as it is.
 */
export function encodeFrames(
  content: AsyncIterable<Buffer>,
  encoding: Encoding,
  choice = new CompressionChoice(),
): AsyncGenerator<Buffer> {
  const frames = identityFrames(content);
  const codec = encoding === 'zstd' ? zstd() : undefined;
  if (codec === undefined) return frames;
  const encode = async (frame: Buffer): Promise<Buffer> => {
    if (choice.next() === 'identity') return frame;
    const payload = frame.subarray(1);
    choice.begin();
    const compressed = await codec.compress(payload);
    choice.end(payload.length, compressed.length);
    return compressed.length < payload.length * worthwhile
      ? writeFrame({ type: 'zstd', payload: compressed, length: payload.length })
      : frame;
  };
  return ahead(frames, encode, framesAtOnce);
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

/**
 * The blob's bytes in these frames, several decoded at once. Who leaves early does not wait for the frame that is being
 * waited for.
 */
export function decodeFrames(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  return ahead(frames, decodeFrame, framesAtOnce, 'forget');
}

/** The blob's bytes in one frame; throws `PROTOCOL_VIOLATION`. */
export async function decodeFrame(bytes: Buffer): Promise<Buffer> {
  const frame = readFrame(bytes);
  if (frame.type === 'identity') return frame.payload;
  const codec = zstd();
  if (codec === undefined) throw violation('a zstd frame, which was never asked for');
  return codec.decompress(frame.payload, frame.length);
}
