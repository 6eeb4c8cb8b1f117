import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { P2pimgError } from '../../error.js';
import { type Digest, hex } from '../../image/digest.js';
import { digestSchema, parseManifest } from '../../image/manifest.js';
import { hasBlob, readBlob } from './blobs.js';
import { makeFolder, syncFolder, writeDurably } from './durable.js';
import { errnoOf } from './failures.js';
import { readIndex } from './index-file.js';
import { blobPath, type Layout } from './layout.js';
import { withLock } from './lock.js';
import { isGone, isOwnerName, ownName } from './owner.js';

const day = 24 * 60 * 60 * 1000;
const journalName = 'installing.json';
const journalSchema = v.pipe(v.string(), v.parseJson(), v.array(digestSchema));

/** Makes a folder in which one import collects its blobs, where no reader looks; it bears this process's name. */
export async function openStaging(layout: Layout): Promise<string> {
  // Where the layout is away, such as a disk that is not mounted, nothing may be made in its place.
  await readIndex(layout);
  await makeFolder(layout.ingest);
  return mkdtemp(join(layout.ingest, `${ownName}.`));
}

/** Where a blob is collected. */
export function stagedPath(staging: string, digest: Digest): string {
  return join(staging, hex(digest));
}

/** Moves collected blobs into the layout, writing down first which of them are new there; only under the lock. */
export async function install(layout: Layout, staging: string, digests: readonly Digest[]): Promise<void> {
  await mkdir(layout.blobs, { recursive: true });
  const present = await Promise.all(digests.map((digest) => hasBlob(layout, { digest })));
  const fresh = digests.filter((_, at) => present[at] === false);
  await writeDurably(join(staging, journalName), JSON.stringify(fresh));
  for (const digest of digests) await rename(stagedPath(staging, digest), blobPath(layout, digest));
  await syncFolder(layout.blobs);
}

/** Removes the folder of an import. What can't be removed now, the next start of the program removes. */
export async function closeStaging(staging: string): Promise<void> {
  await rm(staging, { recursive: true, force: true }).catch(() => {});
}

/** Takes back what an import moved into the layout, unless an image uses it; only under the lock. */
export async function takeBack(layout: Layout, staging: string): Promise<void> {
  const installed = await readJournal(staging);
  if (installed.length === 0) return;
  // Where it can't be told what is in use, nothing goes.
  const used = await usedBlobs(layout).catch(() => undefined);
  for (const digest of used === undefined ? [] : installed)
    if (used?.has(digest) === false) await unlink(blobPath(layout, digest)).catch(ignoreMissing);
}

/** Removes what processes left that died: their imports, taken back, and half-written files. */
export async function sweep(layout: Layout): Promise<void> {
  const names = (await readdir(layout.ingest).catch(ignoreMissing)) ?? [];
  const scratch = names.filter(isScratch).map((name) => join(layout.ingest, name));
  const dead: string[] = [];
  for (const name of names.filter(isOwnerName)) {
    const path = join(layout.ingest, name);
    if (isGone(name, await lastTouched(path), day)) dead.push(path);
  }
  if (scratch.length + dead.length === 0 && !names.includes('lock')) return;
  // Taking the lock also breaks one that a dead process left.
  await withLock(layout.ingest, async () => {
    for (const path of scratch) await rm(path, { force: true });
    for (const path of dead) {
      await takeBack(layout, path);
      await closeStaging(path);
    }
  });
}

/** The names of files that are only there while somebody has the lock. */
function isScratch(name: string): boolean {
  return name === 'index.json' || name === 'oci-layout' || name.startsWith('lock.');
}

async function readJournal(staging: string): Promise<Digest[]> {
  const text = await readFile(join(staging, journalName), 'utf8').catch(ignoreMissing);
  const parsed = v.safeParse(journalSchema, text);
  // Half written, so nothing had been moved yet.
  return parsed.success ? parsed.output : [];
}

async function lastTouched(staging: string): Promise<number> {
  const names = (await readdir(staging).catch(ignoreMissing)) ?? [];
  const paths = [staging, ...names.map((name) => join(staging, name))];
  const stats = await Promise.all(paths.map((path) => stat(path).catch(ignoreMissing)));
  return Math.max(...stats.map((found) => found?.mtimeMs ?? 0));
}

/** Everything that `index.json` leads to; throws rather than leave out what it can't read. */
async function usedBlobs(layout: Layout): Promise<Set<Digest>> {
  const used = new Set<Digest>();
  const visit = async (digest: Digest): Promise<void> => {
    if (used.has(digest)) return;
    used.add(digest);
    if (!(await hasBlob(layout, { digest }))) return;
    const parsed = parseManifest(await readBlob(layout, digest));
    if (parsed.type === 'index') for (const child of parsed.index.manifests) await visit(child.digest);
    else for (const blob of [parsed.manifest.config, ...parsed.manifest.layers]) used.add(blob.digest);
  };
  for (const { descriptor } of (await readIndex(layout)).entries) {
    if (descriptor === undefined) throw new P2pimgError('ENGINE_FAILED', 'an entry of an unknown kind');
    await visit(descriptor.digest);
  }
  return used;
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}
