import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Used } from './cells.js';

/** Watches what a process uses, as the kernel counts it (proc(5)): CPU time, and its peak resident memory from now on. */
export class Usage {
  readonly #pid: number;
  readonly #before: number;

  private constructor(pid: number, before: number) {
    this.#pid = pid;
    this.#before = before;
  }

  static async from(pid: number): Promise<Usage> {
    await writeFile(`/proc/${pid}/clear_refs`, '5'); // the peak begins anew
    return new Usage(pid, await cpuSeconds(pid));
  }

  async sofar(): Promise<Used> {
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    return {
      cpuSeconds: (await cpuSeconds(this.#pid)) - this.#before,
      peakBytes: Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024,
    };
  }
}

const ticksPerSecond = promisify(execFile)('getconf', ['CLK_TCK']).then(({ stdout }) => Number(stdout));

/** User and system time of a process, all its threads, and its children that have ended. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from field 3 on
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / (await ticksPerSecond);
}
