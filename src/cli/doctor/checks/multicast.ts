import type { Hearing } from '../../../discovery/hearing.js';
import { count } from '../../present/units.js';
import { nameByAddress, openMulticast } from '../advice.js';
import { type Check, fail, ok, warning } from '../finding.js';

/** Whether multicast DNS leaves this machine and comes in again, on each interface. */
export const multicast: Check = ({ hearings, platform }) => {
  if (hearings.length === 0) return undefined;
  const troubles = hearings.flatMap((hearing) => {
    const trouble = troubleOf(hearing);
    return trouble === undefined ? [] : [trouble];
  });
  if (troubles.length === 0) return ok(hearings.map(heardText).join('; '));
  const told = troubles.length === hearings.length ? fail : warning;
  return told(
    troubles.join('; '),
    'peers are found by multicast DNS (UDP 5353): without it this machine sees nobody there, and is not seen',
    ...openMulticast(platform),
    nameByAddress,
  );
};

function troubleOf({ interface: { name, address }, failure, itself }: Hearing): string | undefined {
  const where = `${name} ${address}`;
  if (failure?.code === 'EADDRINUSE') return `${where}: another program has UDP port 5353 for itself`;
  if (failure?.at === 'joining') return `${where}: it cannot be listened on (${failure.code})`;
  if (failure?.code === 'EPERM') return `${where}: a firewall of this machine lets nothing out (EPERM)`;
  if (failure !== undefined) return `${where}: nothing can be sent (${failure.code})`;
  return itself
    ? undefined
    : `${where}: what is sent is not heard; a firewall of this machine lets nothing in`;
}

function heardText({ interface: { name }, others, adverts }: Hearing): string {
  const agents = new Set(adverts.map(({ advert }) => advert.peerId)).size;
  return `${name}: sent and heard, ${count(others.length, 'other machine')}, ${count(agents, 'agent')}`;
}
