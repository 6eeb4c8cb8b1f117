import { createGzip } from 'node:zlib';
import { P2pimgError } from '../error.js';
import { loadZstd, type Zstd } from '../wire/zstd.js';
import type { Compression } from './compression.js';
import { findProgram, throughProgram } from './native.js';
import { through } from './through.js';

const frameSize = 1024 * 1024;

/** The bytes compressed; the same bytes give the same. `USAGE` where this machine cannot. */
export function packed(bytes: AsyncIterable<Buffer>, compression: Compression): AsyncIterable<Buffer> {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return through(bytes, createGzip({ chunkSize: frameSize }));
    case 'zstd': {
      const zstd = loadZstd();
      if (zstd !== undefined) return inFrames(bytes, zstd);
      const program = findProgram('zstd');
      if (program !== undefined) return throughProgram(bytes, program, ['-cq']);
      throw cannot('zstd', 'install zstd, or run p2pimg with Node 22.15 or later');
    }
    case 'bzip2':
      throw cannot('bzip2', 'a name that ends in .tar, .tar.gz or .tar.zst');
  }
}

/** Whether this machine can compress so. */
export function canPack(compression: Compression): boolean {
  if (compression === 'zstd') return loadZstd() !== undefined || findProgram('zstd') !== undefined;
  return compression !== 'bzip2';
}

function cannot(compression: string, instead: string): P2pimgError {
  return new P2pimgError('USAGE', `nothing here compresses with ${compression}`, { try: instead });
}

/** One frame after the other: Node's own streams lose frames. */
async function* inFrames(bytes: AsyncIterable<Buffer>, zstd: Zstd): AsyncGenerator<Buffer, void, undefined> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes)
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + frameSize - length);
      waiting.push(part);
      length += part.length;
      at += part.length;
      if (length < frameSize) continue;
      yield await zstd.compress(Buffer.concat(waiting));
      [waiting, length] = [[], 0];
    }
  if (length > 0) yield await zstd.compress(Buffer.concat(waiting));
}
