import { type Digest, hex } from '../image/digest.js';

/** Where a blob stands in an OCI layout (OCI image-layout.md): `blobs/sha256/<hex>`. */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${hex(digest)}`;
}

/** The content of `oci-layout`. */
export const ociLayout = '{"imageLayoutVersion":"1.0.0"}';
