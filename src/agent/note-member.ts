import type { Team } from '../trust/team.js';
import type { Member, TeamStore } from '../trust/team-store.js';

/** Notes a peer that proved to be in the team. It will be met again: a disk that is full now is no reason to stop. */
export function noteMember(teams: TeamStore, team: Team, member: Member): void {
  teams.recordMember(team, member).catch(() => undefined);
}
