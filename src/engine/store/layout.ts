import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { P2pimgError } from '../../error.js';
import { type Digest, hex } from '../../image/digest.js';
import { mediaTypes } from '../../image/manifest.js';
import { replaceFile } from './durable.js';
import { errnoOf } from './failures.js';
import { withLock } from './lock.js';

/** An OCI image layout on disk (OCI image spec, image-layout.md), by its paths; `ingest` is our own beside it. */
export interface Layout {
  readonly folder: string;
  readonly version: string;
  readonly index: string;
  readonly blobs: string;
  readonly ingest: string;
}

const version = '1.0.0';
const ours = new Set(['blobs', 'index.json', 'ingest', 'oci-layout']);
const schema = v.object({ imageLayoutVersion: v.pipe(v.string(), v.startsWith('1.')) });

/** Opens the layout in a folder, or makes one where the folder is empty or absent; throws `CONFIG_INVALID` for a folder of something else. */
export async function openLayout(path: string): Promise<Layout> {
  const folder = resolve(path);
  const layout = { folder, index: join(folder, 'index.json'), ingest: join(folder, 'ingest') };
  const existing = await readVersion(folder);
  if (existing === undefined) await create(layout);
  return { ...layout, version: existing ?? version, blobs: join(folder, 'blobs', 'sha256') };
}

/** Where a blob is, or would be. */
export function blobPath({ blobs }: Layout, digest: Digest): string {
  return join(blobs, hex(digest));
}

async function readVersion(folder: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, 'oci-layout'), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (parsed.success) return parsed.output.imageLayoutVersion;
  throw new P2pimgError('CONFIG_INVALID', 'not an OCI image layout of version 1', { folder });
}

async function create({ folder, index, ingest }: Omit<Layout, 'version' | 'blobs'>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const strange = (await readdir(folder)).find((name) => !ours.has(name));
  if (strange !== undefined)
    throw new P2pimgError('CONFIG_INVALID', `a folder for images that already holds ${strange}`, { folder });
  await withLock(ingest, async () => {
    if ((await readVersion(folder)) !== undefined) return;
    await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
    const empty = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
    if (!(await readdir(folder)).includes('index.json')) await replaceFile(index, empty, ingest);
    await replaceFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: version }), ingest);
  });
}
