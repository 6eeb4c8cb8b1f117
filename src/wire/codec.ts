import { maximumFramePayload, readFrame, writeFrame } from './frame.js';
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
  if (codec === undefined) {
    for await (const payload of payloads(content)) yield writeFrame({ type: 'identity', payload });
    return;
  }
  let untilNextTry = 0;
  for await (const payload of payloads(content)) {
    if (untilNextTry > 0) {
      untilNextTry -= 1;
      yield writeFrame({ type: 'identity', payload });
      continue;
    }
    const compressed = await codec.compress(payload);
    if (compressed.length < payload.length * worthwhile) {
      yield writeFrame({ type: 'zstd', payload: compressed, length: payload.length });
    } else {
      untilNextTry = framesUntilNextTry - 1;
      yield writeFrame({ type: 'identity', payload });
    }
  }
}

/** Gathers small chunks and cuts large ones, to payloads of up to 1 MiB. */
async function* payloads(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let length = 0;
  for await (let chunk of content) {
    while (length + chunk.length >= maximumFramePayload) {
      const head = chunk.subarray(0, maximumFramePayload - length);
      chunk = chunk.subarray(head.length);
      yield gathered.length === 0 ? head : Buffer.concat([...gathered, head]);
      gathered = [];
      length = 0;
    }
    if (chunk.length > 0) {
      gathered.push(chunk);
      length += chunk.length;
    }
  }
  if (length > 0) yield Buffer.concat(gathered);
}

/** The blob's bytes in one frame; throws `PROTOCOL_VIOLATION`. */
export async function decodeFrame(bytes: Buffer): Promise<Buffer> {
  const frame = readFrame(bytes);
  if (frame.type === 'identity') return frame.payload;
  const codec = zstd();
  if (codec === undefined) throw violation('a zstd frame, which was never asked for');
  return codec.decompress(frame.payload, frame.length);
}
