import type { Stats } from 'node:fs';
import type { ArchiveSurvey } from '../../archive/survey.js';
import type { Compression } from '../../file/compression.js';

/** By what a file is taken for the same as before: bytes, modification in ms, and inode. */
export interface FilePrint {
  readonly size: number;
  readonly modified: number;
  readonly inode: number;
}

/** What is known of one file of the folder. */
export type FileState =
  /** It is new, or still growing; `since` is when it was first seen so (ms). */
  | { readonly type: 'unread'; readonly print: FilePrint; readonly since: number; readonly reason: string }
  | {
      readonly type: 'shared';
      readonly print: FilePrint;
      readonly compression: Compression;
      readonly survey: ArchiveSurvey;
    }
  /** It was read and does not hold: `broken` by what is in it, `unreadable` here and now, and tried again. */
  | {
      readonly type: 'broken' | 'unreadable';
      readonly print: FilePrint;
      readonly since: number;
      readonly reason: string;
    };

/** The print of a file. */
export function printOf({ size, mtimeMs, ino }: Stats): FilePrint {
  return { size, modified: mtimeMs, inode: ino };
}

/** Whether a file is the same as before. */
export function samePrint(a: FilePrint, b: FilePrint): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}

/** Whether a name is one of an archive that is looked at; hidden files are others' temporary ones. */
export function isArchiveName(name: string): boolean {
  return /^[^.].*\.(?:tar|tar\.gz|tgz|tar\.bz2|tbz2?|tar\.zst|tzst)$/i.test(name);
}
