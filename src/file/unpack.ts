import { createGunzip } from 'node:zlib';
import { P2pimgError } from '../error.js';
import { type Compression, compressionOf, headSize } from './compression.js';
import { findProgram, throughProgram } from './native.js';
import { through } from './through.js';
import { unbzip2 } from './unbzip2.js';
import { nodeZstdDecoder, unzstd, type ZstdDecoder } from './unzstd.js';

/** What this machine can unpack with, besides what is always there. */
export interface Tools {
  readonly bzip2: string | undefined;
  readonly zstd: string | undefined;
  readonly zstdDecoder: ZstdDecoder | undefined;
}

let found: Tools | undefined;
const here = (): Tools => {
  found ??= { bzip2: findProgram('bzip2'), zstd: findProgram('zstd'), zstdDecoder: nodeZstdDecoder() };
  return found;
};

const chunkSize = 256 * 1024;

/**
 * The bytes of an archive's file, unpacked by whatever compression its first bytes tell. Throws `ARCHIVE_INVALID` where
 * they are damaged or break off, `USAGE` where this machine cannot unpack them, and unchanged what their source throws.
 */
export async function* unpacked(
  bytes: AsyncIterable<Buffer>,
  tools: Tools = here(),
): AsyncGenerator<Buffer, void, undefined> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    const head = await firstBytes(iterator);
    const all = joined(head, iterator);
    yield* unpack(all, compressionOf(head), tools);
  } finally {
    await iterator.return?.();
  }
}

function unpack(
  bytes: AsyncIterable<Buffer>,
  compression: Compression,
  { bzip2, zstd, zstdDecoder }: Tools,
): AsyncIterable<Buffer> {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return through(bytes, createGunzip({ chunkSize }));
    case 'bzip2':
      return bzip2 === undefined ? unbzip2(bytes) : throughProgram(bytes, bzip2, ['-dc']);
    case 'zstd':
      if (zstdDecoder !== undefined) return unzstd(bytes, zstdDecoder);
      if (zstd !== undefined) return throughProgram(bytes, zstd, ['-dcq', '--long=27']);
      throw new P2pimgError('USAGE', 'it is compressed with zstd, which nothing here can unpack', {
        try: 'install zstd, or run p2pimg with Node 22.15 or later',
      });
  }
}

async function firstBytes(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < headSize) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
