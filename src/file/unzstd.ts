import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { through } from './through.js';
import { type FramePiece, FrameSplitter } from './zstd-frames.js';

/** Makes a decoder of one zstd frame. */
export type ZstdDecoder = () => Transform;

/** The decoder that Node has from 22.15 on; the types are of Node 20. */
export function nodeZstdDecoder(): ZstdDecoder | undefined {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  return typeof create === 'function' ? () => create() as Transform : undefined;
}

/** Unpacks zstd with a decoder a frame. */
export async function* unzstd(
  bytes: AsyncIterable<Buffer>,
  decoder: ZstdDecoder,
): AsyncGenerator<Buffer, void, undefined> {
  const pieces = split(bytes);
  try {
    for (;;) {
      const first = await pieces.next();
      if (first.done === true) return;
      yield* through(frame(first.value, pieces), decoder());
    }
  } finally {
    await pieces.return(undefined);
  }
}

async function* split(bytes: AsyncIterable<Buffer>): AsyncGenerator<FramePiece, void, undefined> {
  const splitter = new FrameSplitter();
  for await (const chunk of bytes) yield* splitter.push(chunk);
  splitter.end();
}

/** The bytes of one frame; not by `for await`, which would end the pieces with it. */
async function* frame(
  first: FramePiece,
  pieces: AsyncGenerator<FramePiece, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  let piece = first;
  for (;;) {
    yield piece.bytes;
    if (piece.ends) return;
    const next = await pieces.next();
    if (next.done === true) return;
    piece = next.value;
  }
}
