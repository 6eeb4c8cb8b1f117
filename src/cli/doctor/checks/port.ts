import { type Check, fail, ok, warning } from '../finding.js';
import type { Holder } from '../observations.js';

/** Who listens on the agent's port. */
export const port: Check = ({ port: use, answers }) => {
  if (use === undefined || answers.by === 'nobody') return undefined;
  const { wanted, isConfigured, state, holder } = use;
  if (state === 'ours') return ok(`this device's agent listens on ${wanted}`);
  if (state === 'free')
    return answers.by === 'agent'
      ? ok(`the agent listens on ${answers.status.port}; ${wanted} is free`)
      : ok(`${wanted} is free for the agent`);
  const found = `port ${wanted} is taken by ${holderText(holder)}`;
  const free = 'name another in config.json, such as { "port": 47471 }, or stop that program';
  if (isConfigured && answers.by === 'itself')
    return fail(found, 'config.json names this port, so the agent will not start', free);
  const other = answers.by === 'agent' ? `${answers.status.port}` : 'any that is free';
  return warning(
    found,
    `the agent takes another (${other}), which a firewall's rule for ${wanted} does not let in`,
    free,
  );
};

function holderText(holder: Holder | undefined): string {
  return holder === undefined ? 'another program' : `${holder.command} (pid ${holder.pid})`;
}
