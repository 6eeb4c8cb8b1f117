import { type Check, ok, warning } from '../finding.js';

/** Whether an agent runs here, and of the same version as the command. */
export const agent: Check = ({ answers, version }) => {
  if (answers.by === 'nobody') return undefined;
  const { status } = answers;
  if (answers.by === 'itself' || !status.running)
    return warning(
      'no agent runs here',
      'get, ls and peers work by themselves, but colleagues see nothing of this machine',
      'p2pimg up starts it as a service; p2pimg agent, in the foreground',
    );
  if (status.version !== version)
    return warning(
      `the agent runs as version ${status.version}, this command is ${version}`,
      'p2pimg was upgraded since the agent was started',
      'restart it: p2pimg service stop, p2pimg service start',
    );
  return ok(`running, pid ${status.pid}, port ${status.port}, version ${status.version}`);
};
