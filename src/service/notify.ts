import { type RunProgram, runProgram } from './program.js';

/** What a service manager is told of the agent that it started; nothing where it does not ask (sd_notify(3)). */
export interface Supervision {
  /** It answers; begins the pings of the watchdog. */
  ready(status: string): Promise<void>;
  stopping(): Promise<void>;
  /** Ends the pings. */
  close(): void;
}

const silent: Supervision = {
  ready: async () => undefined,
  stopping: async () => undefined,
  close: () => undefined,
};

/** The part of the environment that systemd asks by. */
type Asked = Readonly<Record<string, string | undefined>>;

/**
 * The supervision that this process's environment asks for (`NOTIFY_SOCKET`, `WATCHDOG_USEC`). Node opens no datagram
 * socket of this kind, so systemd-notify sends each message; `fail` hears when it cannot.
 */
export function supervision(
  env: Asked,
  fail: (why: string) => void,
  run: RunProgram = runProgram,
): Supervision {
  if (!env.NOTIFY_SOCKET) return silent;
  const tell = async (...assignments: readonly string[]): Promise<void> => {
    const ended = await run('systemd-notify', ...assignments);
    if (ended.type === 'absent') fail('systemd-notify is not on this machine');
    else if (ended.code !== 0) fail(`systemd-notify failed: ${ended.stderr.trim()}`);
  };
  let pings: NodeJS.Timeout | undefined;
  return {
    ready: async (status) => {
      const everyMs = pingEveryMs(env);
      if (everyMs !== undefined) pings = setInterval(() => void tell('WATCHDOG=1'), everyMs);
      await tell('READY=1', `STATUS=${status}`);
    },
    stopping: () => tell('STOPPING=1'),
    close: () => clearInterval(pings),
  };
}

/** Half of the time after which the watchdog bites, in milliseconds; nothing where it watches nobody, or another. */
function pingEveryMs({ WATCHDOG_USEC, WATCHDOG_PID }: Asked): number | undefined {
  const microseconds = Number(WATCHDOG_USEC);
  if (!(microseconds > 0) || (WATCHDOG_PID && Number(WATCHDOG_PID) !== process.pid)) return undefined;
  return microseconds / 2_000;
}
