import { P2pimgError } from '../error.js';
import type { Digest } from '../image/digest.js';

/** An `ARCHIVE_INVALID` that says what is wrong and, where it is one entry's fault, with which. */
export function archiveInvalid(why: string, entry?: string, cause?: unknown): P2pimgError {
  const name = entry?.slice(0, 300);
  const what = name === undefined ? why : `${name}: ${why}`;
  return new P2pimgError('ARCHIVE_INVALID', `the archive is unsound: ${what}`, { entry: name }, cause);
}

/** A `BLOB_MISSING` with the digests that lack, or with the names of the entries. */
export function blobMissing(digests: readonly string[]): P2pimgError {
  return new P2pimgError('BLOB_MISSING', `the archive lacks ${digests.join(', ')}`, { digests });
}

/** A `DIGEST_MISMATCH` of a blob or of an archive's entry. */
export function digestMismatch(wanted: Digest, got: Digest, entry?: string): P2pimgError {
  return new P2pimgError(
    'DIGEST_MISMATCH',
    `the content of ${entry ?? wanted} hashes to ${got} and not to ${wanted}`,
    {
      digest: wanted,
      wanted,
      got,
      entry,
    },
  );
}

/** A `SIZE_MISMATCH` of a blob, in bytes; `got` is what came until it was too much, or until the end. */
export function sizeMismatch(digest: Digest, wanted: number, got: number): P2pimgError {
  return new P2pimgError('SIZE_MISMATCH', `${digest} has ${got} bytes and not ${wanted}`, {
    digest,
    wanted,
    got,
  });
}
