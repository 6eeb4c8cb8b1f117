import type { Header } from 'tar-stream';
import { type Digest, digestFromHex } from '../image/digest.js';
import { archiveInvalid } from './failure.js';

/** The metadata of an archive: Docker's manifest.json and repositories, OCI's index.json and oci-layout. */
export type MetadataName = 'manifest.json' | 'index.json' | 'oci-layout' | 'repositories';

/** Name, size in bytes, place in the tar, and the bytes of a file in an archive, to be read once, in order, or not at all. */
export interface EntryContent {
  readonly name: string;
  /** Where in the tar the content begins, in bytes. */
  readonly at: number;
  readonly size: number;
  readonly content: AsyncIterable<Buffer>;
}

/** What an entry's name and header say that it is. `v1Id` is 64 hex digits; a v1 link's target is such an ID too. */
export type EntryKind =
  | { readonly type: 'blob'; readonly digest: Digest }
  | { readonly type: 'named'; readonly digest: Digest }
  | { readonly type: 'v1Layer'; readonly v1Id: string }
  | { readonly type: 'v1Link'; readonly v1Id: string; readonly target: string }
  | { readonly type: 'metadata'; readonly name: MetadataName }
  | { readonly type: 'passedOver' };

type KindOf<T extends EntryKind['type']> = Extract<EntryKind, { type: T }>;

/**
 * One entry of what an engine saves. `blob` is `blobs/sha256/<hex>`; `named` is `<hex>.json` (a config) or `<hex>.tar`
 * (Podman's layer); `v1Layer` is `<v1 id>/layer.tar`, and `v1Link` the same as a link to another. Digests are as
 * named, and not yet proved.
 */
export type ArchiveEntry =
  | (KindOf<'blob'> & EntryContent)
  | (KindOf<'named'> & EntryContent)
  | (KindOf<'v1Layer'> & EntryContent)
  | (KindOf<'v1Link'> & Pick<EntryContent, 'name'>)
  | (KindOf<'metadata'> & { readonly text: string });

const blobName = /^blobs\/sha256\/([0-9a-f]{64})$/;
const digestName = /^([0-9a-f]{64})\.(?:json|tar)$/;
const v1LayerName = /^([0-9a-f]{64})\/layer\.tar$/;
const v1Target = /^\.\.\/([0-9a-f]{64})\/layer\.tar$/;
const digestTarget = /^\.\.\/[0-9a-f]{64}\.tar$/;
const metadataNames: readonly string[] = ['manifest.json', 'index.json', 'oci-layout', 'repositories'];

const maximumNameLength = 255;
const maximumSize = 2 ** 43;

/** An entry's name without a leading `./`; throws `ARCHIVE_INVALID` for one that could lead out of the archive. */
export function entryName({ name }: Header): string {
  if (name.length > maximumNameLength) throw archiveInvalid('its name is too long', name);
  if (name.startsWith('/')) throw archiveInvalid('its name is absolute', name);
  if (name.split(/[/\\]/).includes('..')) throw archiveInvalid('its name leads out of the archive', name);
  return name.replace(/^(?:\.\/)+/, '');
}

/** What an entry is; throws `ARCHIVE_INVALID` for what no engine's archive holds. */
export function entryKind(name: string, { type, size, linkname }: Header): EntryKind {
  if (!Number.isSafeInteger(size) || size < 0 || size > maximumSize)
    throw archiveInvalid(`its size cannot be (${size} bytes)`, name);
  switch (type) {
    case 'directory':
      return { type: 'passedOver' };
    case 'symlink':
      return linkKind(name, linkname);
    case 'file':
      return fileKind(name);
    default:
      throw archiveInvalid(`it is a ${type ?? 'thing of an unknown type'}`, name);
  }
}

function linkKind(name: string, target: string): EntryKind {
  const v1Id = v1LayerName.exec(name)?.[1];
  const targetId = v1Target.exec(target)?.[1];
  if (v1Id !== undefined && targetId !== undefined) return { type: 'v1Link', v1Id, target: targetId };
  // Podman's compatibility links; its manifest.json names the targets themselves.
  if (v1Id !== undefined && digestTarget.test(target)) return { type: 'passedOver' };
  throw archiveInvalid('it is a link, and not one between layers', name);
}

function fileKind(name: string): EntryKind {
  const blob = blobName.exec(name)?.[1];
  if (blob !== undefined) return { type: 'blob', digest: digestFromHex(blob) };
  const named = digestName.exec(name)?.[1];
  if (named !== undefined) return { type: 'named', digest: digestFromHex(named) };
  const v1Id = v1LayerName.exec(name)?.[1];
  if (v1Id !== undefined) return { type: 'v1Layer', v1Id };
  return isMetadataName(name) ? { type: 'metadata', name } : { type: 'passedOver' };
}

function isMetadataName(name: string): name is MetadataName {
  return metadataNames.includes(name);
}
