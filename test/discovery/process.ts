import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DeviceLine } from './device.js';

/** The command line of a device in a process of its own. */
export function deviceCommand(name: string, ...interfaces: readonly string[]): readonly string[] {
  const script = fileURLToPath(new URL('device.ts', import.meta.url));
  return [process.execPath, '--import', import.meta.resolve('tsx'), script, name, ...interfaces];
}

/** A device in a process of its own: what it said so far, and what it will say. */
export class DeviceProcess {
  readonly lines: DeviceLine[] = [];
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.pipe(process.stderr);
    if (child.stdout === null) throw new Error('the device has no stdout');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as DeviceLine);
      for (const look of this.waiting) look();
    });
  }

  static start(name: string, ...interfaces: readonly string[]): DeviceProcess {
    const [command = '', ...args] = deviceCommand(name, ...interfaces);
    return new DeviceProcess(spawn(command, args, { stdio: 'pipe' }));
  }

  command(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Milliseconds until it has said such a line, of those from index `since` on; rejects after 30 seconds (a busy machine starts it slowly). */
  said(is: (line: DeviceLine) => boolean, since = 0): Promise<number> {
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`not said within 30 s; said: ${JSON.stringify(this.lines)}`));
      }, 30_000);
      const look = (): void => {
        if (!this.lines.slice(since).some(is)) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(performance.now() - begun);
      };
      this.waiting.add(look);
      look();
    });
  }
}
