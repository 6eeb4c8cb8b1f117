import { count } from '../../present/units.js';
import { type Check, fail, ok, warning } from '../finding.js';

/** Whether this device is in a team, and in the one that the others are in. */
export const team: Check = ({ answers }) => {
  if (answers.by === 'nobody') return undefined;
  const { team: ours, peers, otherTeams } = answers.status;
  if (ours === undefined)
    return warning(
      'this device is in no team',
      'images are shared inside a team only',
      "p2pimg team join with a colleague's invite, or p2pimg team create",
    );
  const others = count(otherTeams, 'agent');
  if (peers > 0)
    return ok(
      `${ours.tag}, with ${count(peers, 'peer')} here${otherTeams > 0 ? `; ${others} of another team too` : ''}`,
    );
  if (otherTeams > 0)
    return fail(
      `this device is in team ${ours.tag}, of which nobody else is here; ${others} of another team ${otherTeams === 1 ? 'is' : 'are'}`,
      'probably it is in the wrong team: an agent that is in none makes one for itself',
      'a colleague shows the invite: p2pimg team show',
      'here it is entered: p2pimg team join --replace',
    );
  return ok(`${ours.tag}, of which nobody else is here`);
};
