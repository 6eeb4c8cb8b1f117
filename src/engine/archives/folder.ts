import { EventEmitter } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { asP2pimgError, P2pimgError } from '../../error.js';
import { ArchiveFile } from '../../file/archive-file.js';
import type { EngineEvent } from '../port.js';
import { type FilePrint, type FileState, isArchiveName, printOf, samePrint } from './file-state.js';
import type { Memory } from './memory.js';

/** A file that did not change for so long is taken for whole, and read. */
const restMs = 2_000;
/** Network file systems tell nothing of others' changes, so the folder is also looked at. */
const lookEveryMs = 2_000;
const settleMs = 100;
const retryMs = 60_000;

/** The archives of a folder, each read once, and followed as they come, grow and go. */
export class ArchiveFolder {
  /** `engine`: what the port tells. `trouble`: a file is not shared, and why. */
  readonly events = new EventEmitter<{ engine: [EngineEvent]; trouble: [P2pimgError] }>();
  readonly path: string;
  readonly #memory: Memory;
  readonly #closed = new AbortController();
  #files = new Map<string, FileState>();
  #away: P2pimgError | undefined;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #reading: Promise<void> | undefined;

  private constructor(folder: string, memory: Memory) {
    this.path = folder;
    this.#memory = memory;
  }

  /** Opens a folder; `CONFIG_INVALID` where there is none. What was read of it before is known at once. */
  static async open(folder: string, memory: Memory): Promise<ArchiveFolder> {
    const opened = new ArchiveFolder(folder, memory);
    opened.#files = await memory.read();
    await opened.#look();
    if (opened.#away !== undefined) {
      const why = opened.#away.message;
      throw new P2pimgError('CONFIG_INVALID', why, { folder, why });
    }
    opened.#watch();
    opened.#timer = setInterval(() => opened.look(), lookEveryMs).unref();
    return opened;
  }

  /** What is known of each file, by its name; throws `ENGINE_UNREACHABLE` while the folder is away. */
  get files(): ReadonlyMap<string, FileState> {
    if (this.#away !== undefined) throw this.#away;
    return this.#files;
  }

  /** Looks at the folder soon, and reads what is new in it. */
  look(): void {
    this.#looking = this.#looking.then(() => this.#look());
  }

  /** Reads a file anew: it is not what it was. */
  doubt(name: string): void {
    const state = this.#files.get(name);
    if (state?.type !== 'shared') return;
    this.#files.set(name, { type: 'unread', print: state.print, since: 0, reason: 'it changed' });
    this.events.emit('engine', { type: 'changed' });
    this.look();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    this.#watcher?.close();
    await this.#looking;
    await this.#reading;
  }

  #watch(): void {
    this.#watcher?.close();
    try {
      this.#watcher = watch(this.path, () => {
        this.#settling ??= setTimeout(() => {
          this.#settling = undefined;
          this.look();
        }, settleMs);
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // there is still the look from time to time
    }
  }

  async #look(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    try {
      const found = await printsIn(this.path);
      if (this.#away !== undefined) {
        this.#away = undefined;
        this.#watch();
        this.events.emit('engine', { type: 'back' });
      }
      this.#compare(found);
    } catch (error) {
      const reason = `${this.path}: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#away === undefined) this.events.emit('engine', { type: 'lost', reason });
      this.#away = new P2pimgError('ENGINE_UNREACHABLE', reason, { address: this.path, reason }, error);
    }
    if (this.#away === undefined && this.#next() !== undefined)
      this.#reading ??= this.#readAll().finally(() => {
        this.#reading = undefined;
      });
  }

  #compare(found: ReadonlyMap<string, FilePrint>): void {
    const before = this.#files;
    this.#files = new Map(
      [...found].map(([name, print]) => [
        name,
        sameAs(before, name, print) ?? fresh(before.get(name), print),
      ]),
    );
    const shared = (files: ReadonlyMap<string, FileState>) =>
      [...files].filter(([, { type }]) => type === 'shared').map(([name]) => name);
    if (shared(before).join('/') !== shared(this.#files).join('/')) {
      this.events.emit('engine', { type: 'changed' });
      void this.#memory.write(this.#files).catch(() => undefined); // then it is read anew at the next start
    }
  }

  /** A file that may be read now. */
  #next(): readonly [name: string, state: FileState] | undefined {
    const now = Date.now();
    const rested = (modified: number, since: number) => now - modified > restMs || now - since > restMs;
    return [...this.#files].find(
      ([, state]) =>
        (state.type === 'unread' && rested(state.print.modified, state.since)) ||
        (state.type === 'unreadable' && now - state.since > retryMs),
    );
  }

  /** Reads one file after the other. */
  async #readAll(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [name, { print }] = next;
      const state = await this.#read(name, print);
      if (this.#closed.signal.aborted) return;
      // it is gone, or another by now: the next look says so
      const known = this.#files.get(name);
      if (known === undefined || !samePrint(known.print, print)) continue;
      this.#files.set(name, state);
      if (state.type === 'shared') this.events.emit('engine', { type: 'changed' });
      else if (state.type !== 'unread') this.events.emit('trouble', notShared(this.path, name, state.reason));
      await this.#memory.write(this.#files).catch(() => undefined); // then it is read anew at the next start
    }
  }

  async #read(name: string, print: FilePrint): Promise<FileState> {
    const file = path.join(this.path, name);
    const since = Date.now();
    try {
      const archive = await ArchiveFile.open(file);
      try {
        const survey = await archive.survey(this.#closed.signal);
        const after = printOf(await stat(file));
        if (!samePrint(after, print)) return growing(after);
        return { type: 'shared', print, compression: archive.compression, survey };
      } finally {
        await archive.close();
      }
    } catch (error) {
      const after = await stat(file).then(printOf, () => print);
      if (!samePrint(after, print)) return growing(print);
      const { code, message } = asP2pimgError(error);
      const reason = message.replace(/^the archive is unsound: /, '');
      return {
        type: code === 'USAGE' || code === 'UNEXPECTED' ? 'unreadable' : 'broken',
        print,
        since,
        reason,
      };
    }
  }
}

/** A trouble that names a file and says why it is not shared. */
export function notShared(folder: string, name: string, reason: string): P2pimgError {
  const file = path.join(folder, name);
  return new P2pimgError('ARCHIVE_INVALID', `${file} is not shared: ${reason}`, { file, why: reason });
}

async function printsIn(folder: string): Promise<Map<string, FilePrint>> {
  const prints = new Map<string, FilePrint>();
  for (const name of (await readdir(folder)).filter(isArchiveName).toSorted()) {
    const stats = await stat(path.join(folder, name)).catch(() => undefined); // gone since, or a link to nothing
    if (stats?.isFile()) prints.set(name, printOf(stats));
  }
  return prints;
}

/** The state of a file that is as it was, also under another name. */
function sameAs(
  before: ReadonlyMap<string, FileState>,
  name: string,
  print: FilePrint,
): FileState | undefined {
  const own = before.get(name);
  if (own !== undefined && samePrint(own.print, print)) return own;
  return [...before.values()].find((state) => state.type === 'shared' && samePrint(state.print, print));
}

function fresh(before: FileState | undefined, print: FilePrint): FileState {
  return before === undefined
    ? { type: 'unread', print, since: Date.now(), reason: 'it is being read for the first time' }
    : growing(print);
}

function growing(print: FilePrint): FileState {
  return { type: 'unread', print, since: Date.now(), reason: 'it is still growing' };
}
