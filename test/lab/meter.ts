import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const sampleEveryMs = 100;

/** What a process came to in memory while it was watched, in bytes: the greatest sample, and what the kernel kept. */
export interface Residence {
  readonly sampled: number;
  readonly peak: number;
}

/** Watches the memory of processes, and which files they have open for writing; those that end keep their last figures. */
export class Meter {
  readonly #pids: readonly number[];
  readonly #residence = new Map<number, Residence>();
  readonly #written = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #over: Promise<void>;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#over = this.#watch();
  }

  /** Regular files that were open for writing at any look. */
  get filesWritten(): string[] {
    return [...this.#written].toSorted();
  }

  /** Ends the watch, with a last look. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#over;
    await this.#look();
  }

  of(pid: number): Residence {
    return this.#residence.get(pid) ?? { sampled: 0, peak: 0 };
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#look();
      await delay(sampleEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    for (const pid of this.#pids) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const [resident, peak] = [kilobytes(status, 'VmRSS'), kilobytes(status, 'VmHWM')];
      if (resident === 0) continue; // it has ended
      this.#residence.set(pid, { sampled: Math.max(resident, this.of(pid).sampled), peak });
      for (const file of await openForWriting(pid)) this.#written.add(file);
    }
  }
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

/** The regular files that a process has open for writing. */
async function openForWriting(pid: number): Promise<string[]> {
  const found: string[] = [];
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
    const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8);
    if ((flags & 3) === 0) continue; // read only
    const isFile = await stat(`/proc/${pid}/fd/${fd}`).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) found.push(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => 'closed since'));
  }
  return found;
}

/** Bytes that a process caused to be written to disks so far. */
export async function bytesToDisk(pid: number): Promise<number> {
  return Number(/^write_bytes: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** The files below a folder, each with its size. */
export async function filesIn(folder: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    sizes[path.relative(folder, file)] = (await stat(file)).size;
  }
  return sizes;
}
