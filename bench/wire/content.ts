import { createCipheriv, createHash } from 'node:crypto';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Digest, digestFromHex } from '../../src/image/digest.js';
import type { ImageDescription } from '../../src/image/image.js';
import { localPlatform } from '../../src/image/platform.js';

/** What crosses: bytes that nothing can compress, or files as images have them. */
export type Kind = 'random' | 'files';

/** A layer of a made image: bytes of the pool, from an offset of its own, round and round. */
interface MadeLayer {
  readonly digest: Digest;
  readonly size: number;
  readonly offset: number;
}

/** An image made of a pool of bytes in one file. */
export interface MadeImage {
  readonly poolFile: string;
  readonly size: number;
  readonly layers: readonly MadeLayer[];
}

const poolBytes = 64 * 1024 * 1024;
const layerBytes = 100_000_000;
/** What an engine's socket gives at once. */
const chunkBytes = 64 * 1024;

/** Writes the pool of that kind. */
export async function makePool(folder: string, kind: Kind): Promise<string> {
  const file = path.join(folder, kind);
  await writeFile(file, kind === 'random' ? randomBytes() : await filesOfThisMachine());
  return file;
}

/** An image of so many bytes, in layers of 100 MB. */
export async function makeImage(poolFile: string, size: number): Promise<MadeImage> {
  const pool = await readFile(poolFile);
  const count = Math.max(1, Math.round(size / layerBytes));
  const layers = Array.from({ length: count }, (_, index) => {
    const layer = { size: Math.floor(size / count), offset: (index * 1_000_003) % pool.length };
    const hash = createHash('sha256');
    for (const chunk of chunksOf(pool, layer)) hash.update(chunk);
    return { ...layer, digest: digestFromHex(hash.digest('hex')) };
  });
  return { poolFile, size: layers.reduce((sum, layer) => sum + layer.size, 0), layers };
}

/** The bytes of one layer, as an engine's socket would give them. */
export function* chunksOf(pool: Buffer, { size, offset }: Omit<MadeLayer, 'digest'>): Generator<Buffer> {
  let at = offset;
  for (let left = size; left > 0; ) {
    const chunk = pool.subarray(at, Math.min(at + chunkBytes, pool.length, at + left));
    yield chunk;
    left -= chunk.length;
    at = (at + chunk.length) % pool.length;
  }
}

/** The offer of a made image. Its config is a blob of it like the layers, as far as the wire knows. */
export function describe({ size, layers }: MadeImage): ImageDescription {
  const config = layers[0];
  if (config === undefined) throw new Error('an image of nothing');
  return {
    id: config.digest,
    configDigest: config.digest,
    platform: localPlatform(),
    size,
    layers: layers.map(({ digest, size }) => ({
      diffId: digest,
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest,
      size,
    })),
  };
}

function randomBytes(): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(poolBytes));
}

/** What stands in /usr, in the order of its names, as much as the pool holds. */
async function filesOfThisMachine(): Promise<Buffer> {
  const pool = Buffer.alloc(poolBytes);
  let filled = 0;
  for (const folder of ['/usr/share/perl', '/usr/lib', '/usr/bin']) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    for (const name of names.toSorted()) {
      const file = await open(name);
      const { bytesRead } = await file.read(pool, filled, Math.min(4_000_000, pool.length - filled));
      await file.close();
      filled += bytesRead;
      if (filled === pool.length) return pool;
    }
  }
  throw new Error(`there are only ${filled} bytes of files`);
}
