import { realpathSync } from 'node:fs';
import type { AgentCommand } from './port.js';

/** What of a person's environment changes where the agent's folders and its engine are. */
const carried = [
  'P2PIMG_HOME',
  'P2PIMG_ENGINE',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
] as const;

/** The agent as this very process would run it, with these arguments; a service has neither its PATH nor its variables. */
export function agentCommand(args: readonly string[], env: NodeJS.ProcessEnv = process.env): AgentCommand {
  const [, main = ''] = process.argv;
  const present = carried.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return {
    words: [process.execPath, ...process.execArgv, realpathSync(main), ...args],
    environment: Object.fromEntries(present),
  };
}
