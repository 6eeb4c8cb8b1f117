import { openPort } from '../advice.js';
import { type Check, fail, ok, warning } from '../finding.js';
import type { Answers, Reached } from '../observations.js';

const settledAfterMs = 60_000;

/** Whether peers that advertise themselves can be connected to, and whether they connect to this device. */
export const firewall: Check = ({ reached, answers, now, platform }) => {
  const shut = reached.filter(({ answer }) => answer !== 'yes');
  if (shut.length > 0) {
    const told = shut.length === reached.length ? fail : warning;
    return told(
      `seen, but not to be connected to: ${shut.map(shutText).join(', ')}`,
      'their adverts come through, but connections to their ports do not: a firewall over there, or in between, is suspected',
      `on that machine, ${openPort(platform, portOf(shut))[0]}`,
      'p2pimg doctor over there tells whether the agent still runs',
    );
  }
  const blocked = blockedPort(answers, now);
  if (blocked !== undefined)
    return warning(
      `this device reaches its peers, but none of them has connected to its port ${blocked}`,
      'a firewall of this machine is suspected: colleagues see its images but cannot get them',
      ...openPort(platform, blocked),
    );
  if (reached.length === 0) return undefined;
  return ok(`${reached.map(({ peer }) => peer).join(', ')} can be connected to`);
};

const shutText = ({ peer, address, answer }: Reached): string => `${peer} at ${address} (${answer})`;

const portOf = ([first]: readonly Reached[]): number => Number(first?.address.split(':').at(-1) ?? 47_470);

/** The port of an agent that runs for a while, meets peers, and that none of these has met. */
function blockedPort(answers: Answers, now: number): number | undefined {
  if (answers.by !== 'agent') return undefined;
  const { peers, visitors, port, startedAt } = answers.status;
  const isSettled = startedAt !== undefined && now - Date.parse(startedAt) > settledAfterMs;
  return isSettled && peers > 0 && visitors === 0 ? port : undefined;
}
