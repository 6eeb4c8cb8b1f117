import type { Digest } from '../image/digest.js';
import type { StoredManifest } from '../image/image.js';
import {
  type Descriptor,
  isImageManifest,
  type Manifest,
  mediaTypes,
  parseManifest,
} from '../image/manifest.js';
import type { ArchiveContents } from './contents.js';
import { archiveInvalid, blobMissing } from './failure.js';
import { blobPath } from './layout.js';

/** An image as index.json leads to it: the names it stands under there, its manifest, and the index between, if any. */
export interface StoredImage {
  readonly names: readonly string[];
  readonly manifest: Manifest;
  readonly stored: StoredManifest;
  readonly index?: StoredManifest | undefined;
}

const indexTypes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerManifestList];

/**
 * The images that index.json leads to, each once. What an index within it names may be absent, being another
 * platform's; what index.json names itself may not (`BLOB_MISSING`).
 */
export function storedImages({ files, metadata }: ArchiveContents): StoredImage[] {
  const text = metadata.get('index.json');
  if (text === undefined) return [];
  const root = parseManifest(text);
  if (root.type !== 'index') throw archiveInvalid('it is no index', 'index.json');

  const seen = new Set<Digest>();
  const under = (descriptor: Descriptor, names: readonly string[], index?: StoredManifest): StoredImage[] => {
    const { mediaType, digest } = descriptor;
    const isIndex = indexTypes.includes(mediaType);
    const json = files.get(blobPath(digest))?.json;
    if (json === undefined || seen.has(digest) || !(isIndex || isImageManifest(descriptor))) return [];
    seen.add(digest);
    const stored = { mediaType, digest, json };
    const parsed = parseManifest(json);
    if (parsed.type === 'manifest') return [{ names, manifest: parsed.manifest, stored, index }];
    return parsed.index.manifests.flatMap((child) => under(child, names, stored));
  };

  return root.index.manifests.flatMap((descriptor) => {
    const { digest } = descriptor;
    if (!files.has(blobPath(digest))) throw blobMissing([digest]);
    const same = root.index.manifests.filter((other) => other.digest === digest);
    return under(descriptor, same.flatMap(namesOf));
  });
}

/** Docker and containerd write the whole reference into the first; others into the second, which may be a mere tag. */
function namesOf({ annotations }: Descriptor): string[] {
  const name =
    annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'];
  return name !== undefined && /[/:]/.test(name) ? [name] : [];
}
