import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { type Digest, hex } from '../image/digest.js';
import { familiar, type Reference } from '../image/reference.js';

/** A file in which images lie, by their config digests. */
export type Contents = ReadonlyMap<string, readonly { readonly configDigest: Digest }[]>;

const longest = 150;

/**
 * A name for an image's archive in a folder: made of its reference, such as `team-app-2.tar.zst`. A file that holds this
 * image and no other is replaced; what else has the name keeps it, and the image's gets some digits more.
 */
export async function archiveName(
  folder: string,
  { reference, configDigest }: { readonly reference: Reference | undefined; readonly configDigest: Digest },
  ending: string,
  contents: Contents,
  claimed: ReadonlySet<string>,
): Promise<string> {
  const digits = hex(configDigest).slice(0, 12);
  const plain = reference === undefined ? `sha256-${digits}` : plainName(reference);
  for (let count = 0; ; count++) {
    const more = count === 0 ? '' : count === 1 ? `-${digits}` : `-${digits}-${count}`;
    const name = `${plain}${more}${ending}`;
    if (claimed.has(name)) continue;
    const held = contents.get(name);
    const isOurs =
      held !== undefined && held.length > 0 && held.every((one) => one.configDigest === configDigest);
    if (isOurs || !(await exists(path.join(folder, name)))) return name;
  }
}

/** Only what is a plain file name on all systems. */
function plainName(reference: Reference): string {
  return familiar(reference)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, longest);
}

function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
