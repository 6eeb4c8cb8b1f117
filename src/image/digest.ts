import { createHash } from 'node:crypto';
import { P2pimgError } from '../error.js';

/** A SHA-256 content digest in the form `sha256:<64 lower-case hex digits>` (OCI image spec, descriptor.md). */
export type Digest = `sha256:${string}` & { readonly __brand: 'Digest' };

const pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a digest as this project knows them. */
export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

/** Parses a digest; throws `DIGEST_INVALID`. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new P2pimgError('DIGEST_INVALID', `not a SHA-256 digest: ${text.slice(0, 100)}`);
  return text;
}

/** The 64 hex digits of a digest. */
export function hex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The first 8 hex digits, as a person sees an ID. */
export function shortId(digest: Digest): string {
  return hex(digest).slice(0, 8);
}

/** A digest from 64 hex digits; throws `DIGEST_INVALID`. */
export function digestFromHex(digits: string): Digest {
  return parseDigest(`sha256:${digits}`);
}

/** The digest of bytes, or of a text's UTF-8 bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return digestFromHex(createHash('sha256').update(bytes).digest('hex'));
}
