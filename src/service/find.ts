import { homedir } from 'node:os';
import path from 'node:path';
import { P2pimgError } from '../error.js';
import { LaunchdService } from './launchd.js';
import type { Service } from './port.js';
import { runProgram } from './program.js';
import { ScheduledTask } from './scheduled-task.js';
import { SystemdService } from './systemd.js';

/** The service of this user on this platform; throws `NO_SERVICE` where nothing here keeps services. */
export async function findService(env: NodeJS.ProcessEnv): Promise<Service> {
  if (process.platform === 'darwin')
    return new LaunchdService(homedir(), process.getuid?.() ?? 0, runProgram);
  if (process.platform === 'win32') return new ScheduledTask(runProgram);
  if (await SystemdService.answers(runProgram))
    return new SystemdService(env.XDG_CONFIG_HOME || path.join(homedir(), '.config'), runProgram);
  throw new P2pimgError('NO_SERVICE', "this user's systemd does not answer");
}
