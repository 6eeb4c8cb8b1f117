import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { commandLine } from './command.js';

const run = promisify(execFile);

/** Why real terminals cannot be tried here; nothing where they can. */
export function whyNoTmux(): string | undefined {
  return spawnSync('tmux', ['-V']).error === undefined ? undefined : 'tmux is not installed';
}

/** A real terminal, tmux's, of so many columns, in which the command runs. */
export class Screen {
  readonly #server: string;

  private constructor(server: string) {
    this.#server = server;
  }

  /** Runs the command with these arguments; the pane stays after its end. */
  static start(
    columns: number,
    home: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Screen> {
    const command = [process.execPath, ...commandLine, ...args];
    return Screen.open(columns, { LANG: 'C.UTF-8', P2PIMG_HOME: home, ...env }, command);
  }

  /** Runs any program; its exit code is shown at its end. */
  static async open(
    columns: number,
    env: Readonly<Record<string, string>>,
    program: readonly string[],
  ): Promise<Screen> {
    const screen = new Screen(`p2pimg-${process.pid}-${Math.random().toString(36).slice(2)}`);
    const command = [
      ...['env', '-u', 'NO_COLOR', '-u', 'FORCE_COLOR', '-u', 'LC_ALL', '-u', 'LC_CTYPE'],
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...program,
    ].map((word) => `'${word}'`);
    const line = `${command.join(' ')}; echo "[code $?]"; read end`;
    await screen.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', '30', line);
    await screen.#tmux('set', '-g', 'status', 'off');
    return screen;
  }

  /** The screen as it is, once it matches; without the empty lines at its end. */
  async shows(pattern: RegExp): Promise<string> {
    return vi.waitFor(
      async () => {
        const text = await this.text();
        if (!pattern.test(text)) throw new Error(`the screen does not show ${pattern}:\n${text}`);
        return text;
      },
      { timeout: 30_000, interval: 50 },
    );
  }

  /** The lines at this moment; with their colours where asked for. */
  async text(...options: readonly string[]): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', ...options)).replace(/\n+$/, '\n');
  }

  async resize(columns: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns));
  }

  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** Types a text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined);
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    return (await run('tmux', ['-u', '-L', this.#server, ...args])).stdout;
  }
}
