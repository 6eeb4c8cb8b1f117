import { lstat, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How a file notes, in a comment of its own, the first of the folders that were made for it. */
export interface FolderNote {
  write(folder: string): string;
  read(text: string): string | undefined;
}

/**
 * Writes a file of ours into a folder of somebody else's. Folders that lack are made, and noted in the file, so that
 * `unplaceFile` leaves what was there before. Resolves to whether the file is another now.
 */
export async function placeFile(file: string, content: string, note: FolderNote): Promise<boolean> {
  const before = await readIfThere(file);
  const made =
    before === undefined
      ? await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
      : note.read(before);
  const text = content + (made === undefined ? '' : note.write(made));
  if (before === text) return false;
  const beside = `${file}.${process.pid}.new`;
  await writeFile(beside, text, { mode: 0o644 });
  await rename(beside, file);
  return true;
}

/** Takes the file away, and those of the folders made for it that hold nothing else by now. */
export async function unplaceFile(file: string, note: FolderNote): Promise<void> {
  const text = await readIfThere(file);
  if (text === undefined) return;
  const made = note.read(text);
  await rm(file);
  for (let folder = path.dirname(file); made !== undefined; folder = path.dirname(folder)) {
    if (!isWithin(folder, made) || !(await removeIfEmpty(folder))) return;
  }
}

/** A file's text; `undefined` where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  if ((await lstat(file).catch(() => undefined)) === undefined) return undefined;
  return readFile(file, 'utf8');
}

async function removeIfEmpty(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

function isWithin(folder: string, top: string): boolean {
  return folder === top || folder.startsWith(top + path.sep);
}
