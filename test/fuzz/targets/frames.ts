import { decodeFrame, encodeFrames } from '../../../src/wire/codec.js';
import { maximumFramePayload, readFrame, writeFrame } from '../../../src/wire/frame.js';
import { loadZstd, mostDecodedBytes } from '../../../src/wire/zstd.js';
import { bomb, inChunks, listOf, noise } from '../../wire/samples.js';
import { attempt, mustHold, type Target } from '../target.js';

const zeros = (length: number) => Buffer.alloc(length);

/** Frames of a blob's bytes; of a compressed one never more than it says is unpacked. */
export const frames: Target = {
  name: 'frames',
  form: 'bytes',
  inputs: { test: 3000, share: 9 },
  async seeds() {
    const text = Buffer.from('all work and no play makes jack a dull boy '.repeat(40));
    const some = [text, zeros(300), zeros(200_000), Buffer.concat([noise(500), text]), noise(64)];
    const encoded = await Promise.all(
      some.map((content) => listOf(encodeFrames(inChunks(content, 999), 'zstd'))),
    );
    const compressed = await loadZstd()?.compress(text);
    return [
      ...encoded.flat(),
      writeFrame({ type: 'identity', payload: Buffer.from('hello') }),
      ...(compressed ? [writeFrame({ type: 'zstd', payload: compressed, length: text.length })] : []),
      writeFrame({ type: 'zstd', payload: bomb(1 << 20), length: 1 << 20 }),
      writeFrame({ type: 'zstd', payload: bomb(16 << 20), length: 1 << 20 }),
    ];
  },
  words: [
    '\x00',
    '\x01',
    '\x28\xb5\x2f\xfd',
    '\x00\x10\x00\x00',
    '\x00\x00\x00\x01',
    '\x50',
    '\x03\x00',
    '\xff\xff\xff',
  ],
  read(input) {
    const frame = readFrame(input);
    if (frame.type === 'identity') {
      mustHold(writeFrame(frame).equals(input), 'a frame is written as it was read');
      return;
    }
    // Most are refused by their headers alone, before anything is unpacked.
    if (attempt(() => mostDecodedBytes(frame.payload)) === undefined) return;
    return unpack(input, frame.length);
  },
};

async function unpack(input: Buffer, length: number): Promise<void> {
  const bytes = await decodeFrame(input);
  mustHold(bytes.length === length && length <= maximumFramePayload, 'a frame unpacks to what it says');
}
