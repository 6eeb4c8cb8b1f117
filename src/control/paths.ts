import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** The folders of one device, and the socket (on Windows: the pipe) on which its agent answers. */
export interface Paths {
  readonly config: string;
  readonly state: string;
  readonly runtime: string;
  readonly socket: string;
}

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with the zero at its end. */
const maximumSocketPath = 100;
const socketName = 'agent.sock';

/** The folders that the environment asks for: all inside `P2PIMG_HOME`, or the platform's usual ones. */
export function paths(env: NodeJS.ProcessEnv): Paths {
  const home = env.P2PIMG_HOME;
  if (home !== undefined && home !== '') {
    const folder = resolve(home);
    return { config: join(folder, 'config'), state: join(folder, 'state'), ...socketIn(join(folder, 'run')) };
  }
  const usual = envPaths('p2pimg', { suffix: '' });
  // env-paths puts XDG_STATE_HOME under the name of what is mostly kept there
  const state = process.platform === 'linux' ? usual.log : usual.data;
  return { config: usual.config, state, ...socketIn(runtimeFolder(env, state)) };
}

function runtimeFolder(env: NodeJS.ProcessEnv, state: string): string {
  const named = env.XDG_RUNTIME_DIR;
  if (named !== undefined && named !== '') return join(named, 'p2pimg');
  // a shell without a login session (cron, su, some ssh) must find the agent that the session started
  const uid = process.getuid?.();
  const usual = `/run/user/${uid}`;
  const isOurs = uid !== undefined && lstatSync(usual, { throwIfNoEntry: false })?.uid === uid;
  return isOurs ? join(usual, 'p2pimg') : join(state, 'run');
}

function socketIn(folder: string): { runtime: string; socket: string } {
  const short = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  if (process.platform === 'win32') {
    const user = createHash('sha256').update(homedir()).digest('hex').slice(0, 8);
    return { runtime: folder, socket: `\\\\.\\pipe\\p2pimg-${user}-${short}` };
  }
  const socket = join(folder, socketName);
  if (Buffer.byteLength(socket) <= maximumSocketPath) return { runtime: folder, socket };
  const runtime = join(tmpdir(), `p2pimg-${process.getuid?.() ?? 0}-${short}`);
  return { runtime, socket: join(runtime, socketName) };
}
