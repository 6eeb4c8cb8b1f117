import { createHash } from 'node:crypto';
import { type Digest, digestFromHex } from '../image/digest.js';
import { maximumMetadataSize, mediaTypes } from '../image/manifest.js';
import type { ArchiveEntry, EntryContent, MetadataName } from './entry.js';
import { archiveInvalid, digestMismatch } from './failure.js';
import { UnpackedDigest } from './unpacked-digest.js';

const maximumJsonInAll = 64 * 1024 * 1024;
const magicSize = 4;

/** A file of an archive: its true digest, its size, where in the tar it begins, what a layer of these bytes would be, and its text if it is small JSON. */
export interface ArchivedFile {
  readonly digest: Digest;
  readonly size: number;
  readonly at: number;
  readonly layerType: string;
  /** For what is compressed, where that was asked for: the digest of what it unpacks to. */
  readonly unpacked?: Digest | 'cannot be unpacked' | undefined;
  readonly json?: string | undefined;
}

/** All that one pass over an archive tells, by the names in it; `links` lead from layer names to layer names. */
export interface ArchiveContents {
  readonly files: ReadonlyMap<string, ArchivedFile>;
  readonly links: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<MetadataName, string>;
}

/** How much is proved of an archive: each blob, or also what compressed layers unpack to, as far as gzip goes. */
export type Proof = 'blobs' | 'layers';

/** Reads a whole archive and hashes all in it; throws `DIGEST_MISMATCH` where a name is another digest than its content's. */
export async function readContents(
  entries: AsyncIterable<ArchiveEntry>,
  proof: Proof,
): Promise<ArchiveContents> {
  const files = new Map<string, ArchivedFile>();
  const links = new Map<string, string>();
  const metadata = new Map<MetadataName, string>();
  let jsonInAll = 0;
  for await (const entry of entries) {
    switch (entry.type) {
      case 'metadata':
        metadata.set(entry.name, entry.text);
        break;
      case 'v1Link':
        links.set(entry.name, `${entry.target}/layer.tar`);
        break;
      default: {
        const file = await readFile(entry, proof);
        if (entry.type !== 'v1Layer' && file.digest !== entry.digest)
          throw digestMismatch(entry.digest, file.digest, entry.name);
        jsonInAll += file.json?.length ?? 0;
        if (jsonInAll > maximumJsonInAll) throw archiveInvalid('it holds over 64 MiB of JSON');
        files.set(entry.name, file);
      }
    }
  }
  return { files, links, metadata };
}

async function readFile({ size, at, content }: EntryContent, proof: Proof): Promise<ArchivedFile> {
  const hash = createHash('sha256');
  let magic = Buffer.alloc(0);
  const kept: Buffer[] = [];
  const unpacking = proof === 'layers' ? new UnpackedGzip() : undefined;
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      if (magic.length < magicSize)
        magic = Buffer.concat([magic, chunk.subarray(0, magicSize - magic.length)]);
      if (size <= maximumMetadataSize && magic[0] === 0x7b) kept.push(chunk);
      await unpacking?.write(chunk);
    }
    return {
      digest: digestFromHex(hash.digest('hex')),
      size,
      at,
      layerType: layerType(magic),
      unpacked: await unpacking?.end(),
      json: kept.length === 0 ? undefined : Buffer.concat(kept).toString(),
    };
  } finally {
    unpacking?.destroy();
  }
}

/** What bytes unpack to, if they are gzip; others are let pass. */
class UnpackedGzip {
  #head: Buffer | undefined = Buffer.alloc(0);
  #digest: UnpackedDigest | undefined;

  async write(chunk: Buffer): Promise<void> {
    if (this.#head === undefined) return this.#digest?.write(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < 2) return;
    if (this.#head.readUInt16BE() === 0x1f8b) this.#digest = new UnpackedDigest();
    await this.#digest?.write(this.#head);
    this.#head = undefined;
  }

  end(): Promise<Digest | 'cannot be unpacked' | undefined> {
    return this.#digest?.end().catch(() => 'cannot be unpacked' as const) ?? Promise.resolve(undefined);
  }

  destroy(): void {
    this.#digest?.destroy();
  }
}

function layerType(magic: Buffer): string {
  const start = magic.toString('hex');
  if (start.startsWith('1f8b')) return mediaTypes.ociLayerGzip;
  return start === '28b52ffd' ? `${mediaTypes.ociLayer}+zstd` : mediaTypes.ociLayer;
}
