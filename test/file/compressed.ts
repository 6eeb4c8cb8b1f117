import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import type { Compression } from '../../src/file/compression.js';

/** Bytes as a native program compresses them, or `node:zlib` where that does it. */
export function compressed(bytes: Buffer, compression: Compression): Buffer {
  const options = { input: bytes, maxBuffer: 1024 ** 3 };
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipSync(bytes);
    case 'bzip2':
      return execFileSync('bzip2', ['-c'], options);
    case 'zstd':
      return execFileSync('zstd', ['-cq'], options);
  }
}
