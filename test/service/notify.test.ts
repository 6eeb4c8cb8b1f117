import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { supervision } from '../../src/service/notify.js';
import { startCommand } from '../cli/command.js';

const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;
const listen = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)`;

describe.skipIf(!has('systemd-notify') || !has('python3'))('what the service manager is told', () => {
  let folder: string;
  let socket: string;
  let lines: AsyncIterator<string>;
  let python: ReturnType<typeof spawn>;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-notify-'));
    socket = path.join(folder, 'notify');
    python = spawn('python3', ['-c', listen, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (python.stdout === null) throw new Error('no output');
    lines = createInterface(python.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('bound');
  });

  afterEach(async () => {
    const ended = once(python, 'exit');
    python.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  /** The next message, but for the barrier that systemd-notify puts after each. */
  async function heard(): Promise<string> {
    for (;;) {
      const { value } = await lines.next();
      if (value !== "'BARRIER=1'") return value.slice(1, -1).replaceAll('\\n', ' ');
    }
  }

  it('arrives at a real datagram socket: ready, pings in half of the watchdog time, stopping', async () => {
    const failures: string[] = [];
    const supervised = supervision(
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000', WATCHDOG_PID: String(process.pid) },
      (why) => failures.push(why),
      (program, ...args) => runWith({ NOTIFY_SOCKET: socket }, program, args),
    );
    await supervised.ready('listens on port 47470');
    expect(await heard()).toBe('READY=1 STATUS=listens on port 47470');
    const before = performance.now();
    expect([await heard(), await heard(), await heard()]).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
    expect(performance.now() - before).toBeGreaterThan(350);
    supervised.close();
    await supervised.stopping();
    let last = await heard();
    while (last === 'WATCHDOG=1') last = await heard(); // one may have been under way
    expect(last).toBe('STOPPING=1');
    expect(failures).toEqual([]);
  });

  it('comes from a real agent, from its start to its end', async () => {
    const words = ['--engine', 'store', '--interface', '127.0.0.1', 'agent', '--port', '0'];
    const { child, ended } = startCommand(folder, words, { NOTIFY_SOCKET: socket });
    expect(await heard()).toMatch(/^READY=1 STATUS=listens on port \d+$/);
    child.kill('SIGTERM');
    expect(await heard()).toBe('STOPPING=1');
    expect((await ended).code).toBe(0);
  });
});

function runWith(env: NodeJS.ProcessEnv, program: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return Promise.resolve({ type: 'ended' as const, code: status ?? 1, stdout, stderr });
}

describe('supervision', () => {
  it('tells nobody where no service manager asks', async () => {
    let runs = 0;
    const supervised = supervision({ WATCHDOG_USEC: '1' }, String, async () => {
      runs += 1;
      return { type: 'absent' };
    });
    await supervised.ready('here');
    await supervised.stopping();
    expect(runs).toBe(0);
  });

  it('says so where the message cannot be sent', async () => {
    const failures: string[] = [];
    const supervised = supervision(
      { NOTIFY_SOCKET: '/nowhere' },
      (why) => failures.push(why),
      async () => ({
        type: 'absent',
      }),
    );
    await supervised.ready('here');
    expect(failures).toEqual(['systemd-notify is not on this machine']);
  });

  it("does not ping for another process's watchdog", async () => {
    const told: (readonly string[])[] = [];
    const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '2000', WATCHDOG_PID: String(process.pid + 1) };
    const supervised = supervision(env, String, async (_, ...args) => {
      told.push(args);
      return { type: 'ended', code: 0, stdout: '', stderr: '' };
    });
    await supervised.ready('here');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told).toEqual([['READY=1', 'STATUS=here']]);
  });
});
