import path from 'node:path';
import { archiveInvalid } from '../archive/failure.js';
import { P2pimgError } from '../error.js';

/** How an archive's file is compressed. */
export type Compression = 'none' | 'gzip' | 'bzip2' | 'zstd';

/** As many of a file's first bytes as `compressionOf` looks at. */
export const headSize = 6;

/** The compression that a file's first bytes tell, whatever its name; `ARCHIVE_INVALID` for one that is not read. */
export function compressionOf(head: Buffer): Compression {
  const digits = head.toString('hex');
  if (digits.startsWith('1f8b')) return 'gzip';
  if (/^425a68(3[1-9])/.test(digits)) return 'bzip2';
  // a frame, or one to be skipped before it (RFC 8878, section 3.1)
  if (/^(28b52ffd|5.2a4d18)/.test(digits)) return 'zstd';
  if (digits.startsWith('fd377a585a00')) throw archiveInvalid('it is compressed with xz, which is not read');
  return 'none';
}

const written: readonly (readonly [ending: RegExp, compression: Compression])[] = [
  [/\.(tar\.gz|tgz)$/i, 'gzip'],
  [/\.(tar\.zst|tzst)$/i, 'zstd'],
  [/\.tar$/i, 'none'],
];

/** The compression that a name asks a new archive to have; `USAGE` for one that is not written. */
export function compressionFor(file: string): Compression {
  const found = written.find(([ending]) => ending.test(file))?.[1];
  if (found !== undefined) return found;
  if (/\.(gz|bz2|xz|zst|tbz2?|txz|zip)$/i.test(file))
    throw new P2pimgError('USAGE', `${path.basename(file)} ends in no compression that p2pimg writes`, {
      try: 'a name that ends in .tar, .tar.gz or .tar.zst',
    });
  return 'none';
}
